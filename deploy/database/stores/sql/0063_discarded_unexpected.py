"""What was discarded is not to come; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    run_sql_beside(__file__)
