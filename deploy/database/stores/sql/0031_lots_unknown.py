"""Stock that its life cycle does not allow, or of which nobody knows the lot or the expiry; records found by the run.

The statements are in the SQL file.
"""

from deploy.database.migrate import run_sql_beside

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    run_sql_beside(__file__)
