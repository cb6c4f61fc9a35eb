"""Which stock is to be counted next; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    run_sql_beside(__file__)
