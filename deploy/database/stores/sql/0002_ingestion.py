"""Partner profiles, envelopes, new kinds of supplier message, holds, matches; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql_beside(__file__)
