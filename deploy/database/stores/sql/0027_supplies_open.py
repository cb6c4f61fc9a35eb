"""What is still to come, told in one place: recalls and promises know orders; the statements are in the SQL file."""

from deploy.database.migrate import run_sql_beside

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    run_sql_beside(__file__)
