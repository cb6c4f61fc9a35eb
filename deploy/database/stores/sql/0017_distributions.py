"""By which distribution a part is planned; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_sql_beside(__file__)
