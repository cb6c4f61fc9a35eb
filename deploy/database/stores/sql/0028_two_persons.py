"""Two persons for the successor of a part, wherever it is said; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    run_sql_beside(__file__)
