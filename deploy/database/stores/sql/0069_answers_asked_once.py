"""Answers are matched with their lines once each; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0069"
down_revision = "0068"


def upgrade() -> None:
    run_sql_beside(__file__)
