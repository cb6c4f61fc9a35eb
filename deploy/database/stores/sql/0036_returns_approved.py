"""What was approved to go back to a supplier, and how much of it has left; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    run_sql_beside(__file__)
