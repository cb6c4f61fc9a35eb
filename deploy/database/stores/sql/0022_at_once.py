"""Many requests that can all be met are answered in one statement; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    run_sql_beside(__file__)
