"""Routes between garages, each with its days and cost; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    run_sql_beside(__file__)
