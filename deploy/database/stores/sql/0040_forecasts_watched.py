"""The audit covers the new column of forecasts; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    run_sql_beside(__file__)
