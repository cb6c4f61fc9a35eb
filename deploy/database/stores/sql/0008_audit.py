"""Lanes, anchors and a record for every change of every store; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql_beside(__file__)
