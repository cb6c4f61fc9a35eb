"""The audit covers the regions of numbers; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    run_sql_beside(__file__)
