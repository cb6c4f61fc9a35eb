"""What was due by the calendars of feeds, and what came of it; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    run_sql_beside(__file__)
