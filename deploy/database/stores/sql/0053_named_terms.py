"""An order is on the terms of the supplier that it goes to; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    run_sql_beside(__file__)
