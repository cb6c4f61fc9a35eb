"""Purchase orders and what became of their lines; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql_beside(__file__)
