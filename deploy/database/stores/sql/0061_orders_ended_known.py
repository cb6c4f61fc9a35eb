"""Events of orders are read by when they were recorded; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    run_sql_beside(__file__)
