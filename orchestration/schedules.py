"""When jobs run by the clock."""

import dagster as dg

from assets.resources import Clock, Folders, InventoryDatabase
from orchestration.due import what_is_due
from orchestration.jobs import refresh_stock


# At two in the morning the garages are closed and the suppliers' evening feeds are in.
@dg.schedule(
    job=refresh_stock,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Refresh everything each night, so that the as-of of the reports moves on even without news.",
)
def refresh_stock_nightly(
    context: dg.ScheduleEvaluationContext, inventory_db: InventoryDatabase, folders: Folders, clock: Clock
) -> dg.RunRequest | dg.SkipReason:
    """One run a night; none when the clock is fixed and nothing has arrived."""
    with inventory_db.connect() as connection:
        due = what_is_due(connection, folders.all_inboxes(), clock.moment())
    if not due.is_anything:
        return dg.SkipReason(str(due))
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={"trigger": "nightly"})
