"""Purchase orders and what became of their lines; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_sql_beside(__file__)
