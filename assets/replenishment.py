"""Replenishment: the forecast between the two passes of models, the proposals, the report, what suppliers answer."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg

from assets.manifest import source_description
from assets.names import (
    ACKNOWLEDGEMENTS,
    DATA_ENGINEERING,
    DEMAND_UPLIFTS,
    FORECASTS,
    PLANNER_ACTS,
    PLANNING,
    PROPOSALS,
    REPLENISHMENT_NEEDS,
    REPORT,
    SHIPMENT_LINES,
    SUPPLIER_TERMS,
    SUPPLIERS,
    TRANSFER_ROUTES,
    mart,
    report_model,
)
from assets.resources import Clock, Folders, ForecastEngine, InventoryDatabase
from assets.shared import entered_asset, feed_asset, store_metadata
from ingest import contracts
from ingest.forecasts import read_demand_series, store_forecasts
from ingest.orders.differing import differences
from ingest.orders.following import answer_hours, lines_of
from ingest.replenishment import store_proposals
from ingest.reporting import read_report

REPORT_MODELS = (
    "rpt_replenishment_lines", "rpt_replenishment_history", "rpt_order_groups", "rpt_purchase_orders", "rpt_excess",
    "rpt_forecast_accuracy", "rpt_kpis", "rpt_upcoming_needs", "rpt_service_levels",
    "rpt_supplier_scorecard", "rpt_service_targets", "rpt_stocking_policies", "rpt_stocking_rules", "rpt_settings",
)  # fmt: skip

supplier_terms = feed_asset(contracts.SUPPLIER_TERMS, SUPPLIER_TERMS, deps=[SUPPLIERS])
acknowledgements = feed_asset(contracts.ORDER_ACK, ACKNOWLEDGEMENTS, deps=[SUPPLIERS])
shipment_lines = feed_asset(contracts.SHIP_NOTICE, SHIPMENT_LINES, deps=[SUPPLIERS])
demand_uplifts = entered_asset(DEMAND_UPLIFTS, [], "`partsbay forecast uplift` enters them.")
transfer_routes = entered_asset(TRANSFER_ROUTES, [], "`partsbay routes set` enters them.")

planner_acts = entered_asset(PLANNER_ACTS, [], "`partsbay decide`, `approve`, `snooze` and their like enter them.")


@dg.asset(
    key=FORECASTS,
    group_name="replenishment",
    owners=[DATA_ENGINEERING],
    kinds={"postgres", "python"},
    deps=[dg.AssetKey(["intermediate", "int_demand_series"])],
    description=f"{source_description(FORECASTS)}\n\nOnly series whose demand changed are forecast anew.",
    metadata=store_metadata(FORECASTS),
)
def forecasts(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, forecast_engine: ForecastEngine, clock: Clock
) -> dg.MaterializeResult:
    """Mean daily demand of every series that has no forecast yet."""
    with inventory_db.connect() as connection:
        asked, stored = forecast_missing(connection, forecast_engine.name, clock.as_of(context))
    return dg.MaterializeResult(metadata={"dagster/row_count": stored, "series_count": asked})


def forecast_missing(connection: psycopg.Connection, engine: str, as_of: datetime) -> tuple[int, int]:
    """Forecast every series that has no forecast; how many those are, and how many forecasts were stored."""
    series = read_demand_series(connection)
    if not series.num_rows:
        return 0, 0
    from assets.forecasting.engine import forecast_on

    return series.num_rows, store_forecasts(connection, forecast_on(series, engine), as_of)


@dg.asset(
    key=PROPOSALS,
    group_name="replenishment",
    owners=[DATA_ENGINEERING, PLANNING],
    kinds={"postgres"},
    deps=[mart("fct_replenishment_proposals")],
    description=f"{source_description(PROPOSALS)}\n\nThe same input gives the same proposals and no new revision.",
    metadata=store_metadata(PROPOSALS),
)
def proposals(context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, clock: Clock) -> dg.MaterializeResult:
    """What is new, changed or gone since the last run, with a queue message for each."""
    with inventory_db.connect() as connection:
        changes = store_proposals(connection, context.run.run_id, clock.as_of(context))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": changes.new + changes.changed + changes.same,
            "new_count": changes.new,
            "changed_count": changes.changed,
            "gone_count": changes.gone,
            "same_count": changes.same,
        }
    )


@dg.asset(
    key=REPORT,
    group_name="replenishment",
    owners=[PLANNING],
    kinds={"html", "excel"},
    deps=[*(report_model(name) for name in REPORT_MODELS), REPLENISHMENT_NEEDS, mart("dim_suppliers")],
)
def replenishment_report(inventory_db: InventoryDatabase, folders: Folders) -> dg.MaterializeResult:
    """What to order per supplier and garage, and why: a page, a workbook and a document a run, kept as an edition."""
    from assets.report.files import keep_report

    with inventory_db.connect() as connection:
        data = read_report(connection, folders.partner_profiles())
        paths, document = keep_report(connection, data, folders.path("reports"))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(data.lines),
            "needs_you_count": document["figures"]["needs_you"],
            "page": dg.MetadataValue.path(str(paths.html)),
            "workbook": dg.MetadataValue.path(str(paths.xlsx)),
        }
    )


@dg.asset_check(
    asset=ACKNOWLEDGEMENTS,
    description="Every order was answered, announced or received within the hours that its supplier has for it.",
)
def orders_answered(
    context: dg.AssetCheckExecutionContext, inventory_db: InventoryDatabase, folders: Folders, clock: Clock
) -> dg.AssetCheckResult:
    """A supplier that does not answer may never have got its file: see the runbook order_not_acknowledged."""
    with inventory_db.connect() as connection:
        at = clock.moment() or datetime.now(UTC)
        hours = answer_hours(connection, folders.partner_profiles())
        waiting = lines_of(connection, at, limit=10_000, answer_hours=hours)
    orders = sorted({(line["supplier_code"], line["purchase_order_number"]) for line in waiting})
    return dg.AssetCheckResult(
        passed=not orders,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "summary": f"{len(orders)} orders wait for an answer.",
            "failed_rows": len(waiting),
            "first": str(orders[:5]),
        },
    )


@dg.asset_check(
    asset=ACKNOWLEDGEMENTS,
    description="What suppliers answered or announced within the last two days fits what was ordered.",
)
def answers_fit(
    context: dg.AssetCheckExecutionContext, inventory_db: InventoryDatabase, clock: Clock
) -> dg.AssetCheckResult:
    """`partsbay orders differences` says which line, what was ordered, and what to do: see order_not_acknowledged."""
    with inventory_db.connect() as connection:
        found = differences(connection, clock.moment() or datetime.now(UTC), timedelta(days=2))
    wrong = [one for one in found if one.source_code != "RECEIPT"]
    first = [f"{one.supplier_code} {one.purchase_order_number} {one.words}" for one in wrong[:5]]
    return dg.AssetCheckResult(
        passed=not wrong,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "summary": f"{len(wrong)} answers do not fit their orders.",
            "failed_rows": len(wrong),
            "first": "; ".join(first),
        },
    )
