"""Named jobs: a handful, each a verb and its object."""

from datetime import UTC, datetime

import dagster as dg

from assets.names import HOLD_RULES
from assets.resources import Clock, Folders, InventoryDatabase
from ingest.orders.building import build
from ingest.orders.sending import send
from ingest.reservation.acts import expire

refresh_stock = dg.define_asset_job(
    "refresh_stock",
    selection=dg.AssetSelection.all(),
    description="Take every waiting file, judge and store it, rebuild the models, publish, serve and report.",
    tags={"domain": "inventory"},
)


@dg.op(description="Let lapse every reservation whose time is over; each at its own moment.")
def overdue_reservations(context: dg.OpExecutionContext, inventory_db: InventoryDatabase) -> None:
    """Done twice or late, the events are the same."""
    with inventory_db.connect() as connection:
        lapsed = expire(connection, datetime.now(UTC))
    context.log.info("%s reservations lapsed", lapsed)
    context.add_output_metadata({"lapsed_count": lapsed})


@dg.job(
    description="Let lapse what is overdue, so that its units go to who waits without somebody asking.",
    tags={"domain": "inventory"},
)
def expire_reservations() -> None:
    """One step."""
    overdue_reservations()


sweep_holds = dg.define_asset_job(
    "sweep_holds",
    selection=dg.AssetSelection.assets(HOLD_RULES),
    description="Hold what expired or is in doubt by itself, release what no longer is, and look for overdue holds.",
    tags={"domain": "inventory"},
)


@dg.op(description="Make orders of what was approved, and send those that are due.")
def approved_orders(
    context: dg.OpExecutionContext, inventory_db: InventoryDatabase, folders: Folders, clock: Clock
) -> None:
    """Each approval becomes a line once and each order a file once, however often this runs.

    Fails when all is done that can be, where an approval or the file of a supplier could not.
    """
    at, actor = clock.moment() or datetime.now(UTC), "place_orders"
    with inventory_db.connect() as connection:
        made = build(connection, actor)
        sent = send(connection, folders.partner_profiles(), folders.path("outbox"), actor, at, only_due=True)
    failed = [f"{one.supplier_code}: {one.message}" for one in sent.unsent]
    told = {
        "approvals_carried_out": made.done,
        "approvals_failed": made.failed + made.dead,
        "files": [file.file_name for file in sent.files],
        "not_sent": failed,
    }
    context.add_output_metadata(told)
    if failed or told["approvals_failed"]:
        words = f"{told['approvals_failed']} approvals and the orders of {len(failed)} suppliers failed: "
        mend = "partsbay queue list --topic replenishment.order and partsbay orders send say why"
        raise dg.Failure(f"{words}{'; '.join(failed) or 'see the queue'}. {mend}.", metadata=told, allow_retries=False)


@dg.job(
    description="What planners approved goes to the suppliers: rushed orders at once, others before the cut-off.",
    tags={"domain": "inventory"},
)
def place_orders() -> None:
    """One step."""
    approved_orders()
