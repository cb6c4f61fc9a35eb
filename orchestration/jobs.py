"""Named jobs: a handful, each a verb and its object."""

from datetime import UTC, datetime

import dagster as dg

from assets.names import HOLD_RULES
from assets.resources import InventoryDatabase
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
