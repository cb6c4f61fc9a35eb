"""A part of a file names no successor that is new; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    run_sql_beside(__file__)
