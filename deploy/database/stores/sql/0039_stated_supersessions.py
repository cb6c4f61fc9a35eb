"""What files say of successors waits for somebody else's approval; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    run_sql_beside(__file__)
