"""The life of a reservation after it was asked for; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql_beside(__file__)
