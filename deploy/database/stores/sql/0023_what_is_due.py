"""Whoever writes the state of a reservation says what is due to it; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    run_sql_beside(__file__)
