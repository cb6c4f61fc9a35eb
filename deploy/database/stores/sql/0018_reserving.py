"""A reservation that nobody else has a word in is entered at once; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run_sql_beside(__file__)
