"""What a life cycle does not let be sold is held by itself; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    run_sql_beside(__file__)
