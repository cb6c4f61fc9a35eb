"""What was announced and did not arrive explains stock below nothing; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    run_sql_beside(__file__)
