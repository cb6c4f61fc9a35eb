"""What comes in place of a part is of its line; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    run_sql_beside(__file__)
