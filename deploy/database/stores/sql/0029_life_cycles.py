"""What each life cycle allows; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    run_sql_beside(__file__)
