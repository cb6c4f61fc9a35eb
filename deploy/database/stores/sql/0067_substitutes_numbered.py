"""Lines of substitutes that suppliers name in words; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    run_sql_beside(__file__)
