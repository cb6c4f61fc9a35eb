"""Orders are entered on the primary alone; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    run_sql_beside(__file__)
