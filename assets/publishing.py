"""Finished marts go out: to the warehouse, to Parquet, and to the tables that services read."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.manifest import PROJECT_FOLDER
from assets.names import (
    DATA_ENGINEERING,
    PARQUET_EXPORT,
    PROPOSALS,
    REPLENISHMENT_NEEDS,
    STOCK_POSITIONS,
    WAREHOUSE_MARTS,
    mart,
)
from assets.resources import Clock, Folders, InventoryDatabase, WarehouseDatabase
from ingest.generations import fingerprint, record_generation
from ingest.parquet import export_parquet
from ingest.served_checks import models_read_at, served_differences
from ingest.serving import serve
from ingest.warehouse import publish_generation

MARTS = [
    mart(name)
    for name in (
        "dim_parts",
        "dim_garages",
        "dim_suppliers",
        "dim_supersessions",
        "fct_stated_supersessions",
        "dim_stocking_policies",
        "dim_stocking_rules",
        "dim_dates",
        "fct_stock_movements",
        "fct_stock_positions",
        "fct_stock_cells",
        "fct_stock_counts",
        "fct_count_events",
        "fct_transfers",
        "fct_stock_adjustments",
        "fct_reservations",
        "fct_quality_holds",
        "fct_quality_hold_events",
        "fct_recalled_stock",
        "fct_available_to_promise",
        "fct_demand",
        "fct_demand_network",
        "fct_demand_outliers",
        "fct_lead_times",
        "fct_feed_deliveries",
        "fct_feed_batches",
        "fct_supplier_offers",
        "fct_forecast_accuracy",
        "fct_replenishment_proposals",
        "fct_purchase_orders",
        "fct_reorder_points",
        "fct_excess_stock",
        "fct_replenishment_needs",
        "fct_audit_records",
        "fct_audit_changes",
    )
]


@dg.asset(
    key=WAREHOUSE_MARTS,
    group_name="warehouse",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=MARTS,
)
def warehouse_marts(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, warehouse_db: WarehouseDatabase, clock: Clock
) -> dg.MaterializeResult:
    """Every mart in the analytics warehouse, one generation swapped whole.

    Readers see the old generation or the new one, never a mixture. A run that
    fails before the swap leaves the old one in place.
    """
    with inventory_db.connect() as primary, warehouse_db.connect() as warehouse:
        counts = publish_generation(primary, warehouse, context.run.run_id, clock.as_of(context))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "generation_id": context.run.run_id,
            "rows_per_mart": dg.MetadataValue.table(
                [dg.TableRecord({"mart": name, "rows": rows}) for name, rows in counts.items()]
            ),
        }
    )


@dg.asset(
    key=PARQUET_EXPORT,
    group_name="serving",
    owners=[DATA_ENGINEERING],
    kinds={"parquet"},
    deps=[WAREHOUSE_MARTS],
)
def parquet_export(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, folders: Folders
) -> dg.MaterializeResult:
    """Every mart as Parquet files, facts partitioned by month; ``current`` points at the newest generation."""
    folder = folders.path("exports") / "parquet"
    with inventory_db.connect() as primary:
        counts = export_parquet(primary, folder, context.run.run_id)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "dagster/uri": dg.MetadataValue.path(str(folder / "current")),
        }
    )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            STOCK_POSITIONS,
            group_name="serving",
            owners=[DATA_ENGINEERING],
            kinds={"postgres"},
            deps=[mart("fct_stock_positions"), mart("dim_parts"), WAREHOUSE_MARTS],
            description="One row per garage and part: what is on hand, held, reserved and available.\n\n"
            "Filled by diff, so the standby receives only rows that changed.",
        ),
        dg.AssetSpec(
            REPLENISHMENT_NEEDS,
            group_name="serving",
            owners=[DATA_ENGINEERING],
            kinds={"postgres"},
            deps=[mart("fct_replenishment_needs"), PROPOSALS, WAREHOUSE_MARTS],
            description="One row per garage and part below its reorder point: what is proposed, or why nothing is.\n\n"
            "Filled by diff, so the standby receives only rows that changed.",
        ),
    ],
    name="serving_tables",
    check_specs=[
        dg.AssetCheckSpec(
            "served_is_folded",
            asset=STOCK_POSITIONS,
            description="Every position is served with what the ledgers come to, counted without the models.",
        )
    ],
)
def serving_tables(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, clock: Clock
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Both served tables and the record of the generation, in one transaction."""
    as_of = clock.as_of(context)
    with inventory_db.connect() as connection, connection.transaction():
        changes = serve(connection, context.run.run_id, as_of, models_read_at(connection))
        made_from = fingerprint(connection, as_of, PROJECT_FOLDER)
        rows = {name: change.row_count for name, change in changes.items()}
        record_generation(connection, context.run.run_id, made_from, as_of, context.run.run_id, rows)
        differences = served_differences(connection)
    for key, change in zip((STOCK_POSITIONS, REPLENISHMENT_NEEDS), changes.values(), strict=True):
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "dagster/row_count": change.row_count,
                "inserted_rows": change.inserted,
                "updated_rows": change.updated,
                "deleted_rows": change.deleted,
            },
        )
    yield served_result(differences)


def served_result(differences: list[dict[str, Any]]) -> dg.AssetCheckResult:
    """Passes when the served stock is what the ledgers come to; shows the first positions that are not."""
    return dg.AssetCheckResult(
        asset_key=STOCK_POSITIONS,
        check_name="served_is_folded",
        passed=not differences,
        metadata={
            "summary": f"{len(differences)} positions are served with other quantities than the ledgers come to.",
            "failed_rows": len(differences),
            "first": "\n".join(breach["message"] for breach in differences[:5]),
        },
    )
