"""Who looks for disputes about counts judges the newest of a cell alone; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    run_sql_beside(__file__)
