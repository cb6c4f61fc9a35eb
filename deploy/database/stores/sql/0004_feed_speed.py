"""What makes the loading of feeds cheaper; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql_beside(__file__)
