"""Who handed a file in decides about none of its supersessions; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    run_sql_beside(__file__)
