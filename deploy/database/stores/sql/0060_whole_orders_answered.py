"""An answer to a whole order is one to each of its lines; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    run_sql_beside(__file__)
