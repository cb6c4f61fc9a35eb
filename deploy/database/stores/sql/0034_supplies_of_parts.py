"""Orders and what is still to come of them, asked about a few parts; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    run_sql_beside(__file__)
