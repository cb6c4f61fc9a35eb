"""Answers of substitutes are found by their order; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0068"
down_revision = "0067"


def upgrade() -> None:
    run_sql_beside(__file__)
