"""One more error that forecasts are told by; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    run_sql_beside(__file__)
