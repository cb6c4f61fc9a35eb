"""Counts under way cost what their parts cost; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    run_sql_beside(__file__)
