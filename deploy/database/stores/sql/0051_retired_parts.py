"""Stock of a part that is retired is held; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    run_sql_beside(__file__)
