"""The life of a count, from its request to its end; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    run_sql_beside(__file__)
