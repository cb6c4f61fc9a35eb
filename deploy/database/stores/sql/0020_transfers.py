"""What is approved to be moved is promised before it is asked for; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    run_sql_beside(__file__)
