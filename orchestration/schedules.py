"""When jobs run by the clock."""

from datetime import UTC, datetime

import dagster as dg

from assets.resources import Clock, Folders, InventoryDatabase
from ingest.orders.sending import is_anything_due
from ingest.quality_hold.acts import is_sweep_due
from ingest.reservation.reading import overdue_count
from orchestration.due import what_is_due
from orchestration.jobs import expire_reservations, place_orders, refresh_stock, sweep_holds


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


# Nothing depends on the minute: what is overdue lapses at its own moment, also before other news of its part.
@dg.schedule(
    job=expire_reservations,
    cron_schedule="*/5 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Let lapse every five minutes what is overdue; without anything overdue, no run.",
)
def expire_reservations_often(
    context: dg.ScheduleEvaluationContext, inventory_db: InventoryDatabase, clock: Clock
) -> dg.RunRequest | dg.SkipReason:
    """A run where something is overdue; none when the clock is fixed, as then a refresh lets lapse by that clock."""
    if clock.moment():
        return dg.SkipReason("the clock is fixed")
    with inventory_db.connect() as connection:
        count = overdue_count(connection, context.scheduled_execution_time)
    if not count:
        return dg.SkipReason("no reservation is overdue")
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={"trigger": "expiry"})


# Midnight of every garage is on a quarter of an hour, wherever it is.
@dg.schedule(
    job=sweep_holds,
    cron_schedule="*/15 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Hold lots from the midnight at which they expire, and whatever else is held by itself.",
)
def sweep_holds_quarterly(
    context: dg.ScheduleEvaluationContext, inventory_db: InventoryDatabase, clock: Clock
) -> dg.RunRequest | dg.SkipReason:
    """One run where something is to be held or released; the nightly run looks for overdue holds in any case."""
    with inventory_db.connect() as connection:
        if not is_sweep_due(connection, clock.moment() or datetime.now(UTC)):
            return dg.SkipReason("Nothing is to be held or released.")
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={"trigger": "sweep"})


# Four looks lie in the hour before a cut-off, so that no order misses it.
@dg.schedule(
    job=place_orders,
    cron_schedule="*/15 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Make orders of what was approved, and send what is rushed or near the cut-off of its supplier.",
)
def place_orders_quarterly(
    context: dg.ScheduleEvaluationContext, inventory_db: InventoryDatabase, clock: Clock
) -> dg.RunRequest | dg.SkipReason:
    """A run where an approval or an order waits."""
    with inventory_db.connect() as connection:
        if not is_anything_due(connection, clock.moment() or datetime.now(UTC)):
            return dg.SkipReason("Nothing is approved that is due.")
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={"trigger": "orders"})
