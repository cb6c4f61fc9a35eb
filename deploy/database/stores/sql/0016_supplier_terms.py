"""On what terms a supplier takes orders; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run_sql_beside(__file__)
