"""Named jobs: a handful, each a verb and its object."""

from datetime import UTC, datetime

import dagster as dg
import psycopg

from assets.manifest import PROJECT_FOLDER
from assets.names import HOLD_RULES, PROPOSALS
from assets.replenishment import forecast_missing
from assets.resources import Clock, Folders, ForecastEngine, InventoryDatabase
from assets.warehouse import keys_of
from ingest.generations import models_hash
from ingest.orders.building import build
from ingest.orders.sending import send
from ingest.replanning.replan import NotPossible, replan
from ingest.replanning.steps import MADE_AGAIN
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


@dg.op(description="Plan again what has news since the last refresh: its parts alone, by the same queries.")
def plan_again(
    context: dg.OpExecutionContext, inventory_db: InventoryDatabase, forecast_engine: ForecastEngine, clock: Clock
) -> dict[str, int]:
    """How many garage-parts had news, and what became of proposals; fails where only a refresh can tell."""
    as_of = clock.as_of(context)

    def forecast(connection: psycopg.Connection) -> int:
        return forecast_missing(connection, forecast_engine.name, as_of)[1]

    with inventory_db.connect() as connection:
        try:
            done = replan(connection, as_of, context.run.run_id, models_hash(PROJECT_FOLDER), forecast)
        except NotPossible as error:
            raise dg.Failure(f"{error} {error.mend}", allow_retries=False) from None
    told = {
        "changed_garage_parts": done.cell_count,
        "planned_garage_parts": done.line_count,
        "forecasts": done.forecast_count,
        "new": done.proposals.new,
        "changed": done.proposals.changed,
        "gone": done.proposals.gone,
        "same": done.proposals.same,
    }
    context.add_output_metadata(told)
    return told


@dg.job(
    description="Bring the plan of today up to date: proposals and queue, in seconds. intraday_report publishes it.",
    tags={"domain": "inventory"},
)
def intraday_stock() -> None:
    """One step."""
    plan_again()


intraday_report = dg.define_asset_job(
    "intraday_report",
    selection=keys_of(MADE_AGAIN).downstream() - dg.AssetSelection.assets(PROPOSALS).upstream(),
    description="Publish, serve and report the plan as intraday_stock left it.",
    tags={"domain": "inventory"},
)
