"""A reservation leaves a short entry, and entries join the chain in blocks; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    run_sql_beside(__file__)
