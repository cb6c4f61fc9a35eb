"""What a forecast was chosen by, and what planners add to it; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run_sql_beside(__file__)
