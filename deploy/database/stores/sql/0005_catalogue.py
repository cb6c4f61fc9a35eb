"""Catalogue authoring: drafts, packs, aliases, supersessions, stocking policies; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql_beside(__file__)
