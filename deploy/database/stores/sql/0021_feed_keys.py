"""The keys of what suppliers state begin with supplier and part; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    run_sql_beside(__file__)
