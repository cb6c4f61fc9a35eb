"""What a reversed line of usage had consumed is asked for again; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run_sql_beside(__file__)
