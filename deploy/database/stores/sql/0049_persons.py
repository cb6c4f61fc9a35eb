"""One person stays one, however the name is written; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    run_sql_beside(__file__)
