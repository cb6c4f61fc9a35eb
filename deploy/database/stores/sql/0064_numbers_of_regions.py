"""Numbers that two regions never give twice; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    run_sql_beside(__file__)
