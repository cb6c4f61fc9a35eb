"""Receipts, transfers, approvals and reversals of stock; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql_beside(__file__)
