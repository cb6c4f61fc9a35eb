"""The first schema of the warehouse; the statements are in the SQL file beside this one."""

from deploy.database.migrate import run_sql_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql_beside(__file__)
