"""Cells, pegs and queues: what the ledgers add up to, kept as they grow; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql_beside(__file__)
