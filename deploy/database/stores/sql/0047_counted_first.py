"""What nobody counted is neither reviewed nor completed; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    run_sql_beside(__file__)
