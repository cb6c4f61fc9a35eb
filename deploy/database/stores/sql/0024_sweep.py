"""A sweep costs what lapses; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    run_sql_beside(__file__)
