"""When the calendar of a feed ended; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    run_sql_beside(__file__)
