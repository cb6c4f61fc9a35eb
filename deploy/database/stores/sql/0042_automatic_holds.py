"""Counts in dispute and first deliveries are held by themselves; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    run_sql_beside(__file__)
