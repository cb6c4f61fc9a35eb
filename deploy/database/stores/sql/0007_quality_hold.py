"""Hold rules, campaigns and automatic holds; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql_beside(__file__)
