"""Deciding about proposals: what is checked, and what follows; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_sql_beside(__file__)
