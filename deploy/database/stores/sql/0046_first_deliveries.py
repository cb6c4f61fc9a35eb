"""Of deliveries that come in one file the first is held; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    run_sql_beside(__file__)
