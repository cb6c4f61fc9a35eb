"""A document may come back within its generation; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    run_sql_beside(__file__)
