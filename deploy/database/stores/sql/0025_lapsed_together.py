"""What lapses in many parts goes on in a few statements; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    run_sql_beside(__file__)
