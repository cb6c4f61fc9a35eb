"""Stocking rules of a replaced part hold for what is ordered in its place; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    run_sql_beside(__file__)
