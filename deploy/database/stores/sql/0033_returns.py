"""How long a supplier takes units back; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    run_sql_beside(__file__)
