"""Stock of the garages: what they counted, received, used, adjusted and sent each other, and the movements of it."""

import dagster as dg
import psycopg

from assets.manifest import source_description
from assets.names import (
    ADJUSTMENTS,
    APPROVALS,
    COUNT_EVENTS,
    COUNTS,
    DATA_ENGINEERING,
    GARAGES,
    LOTS,
    MOVEMENTS,
    PARTS,
    RECEIPTS,
    REVERSALS,
    TRANSFER_EVENTS,
    USAGE_LINES,
)
from assets.resources import InventoryDatabase
from assets.shared import entered_asset, feed_asset, proof, store_metadata
from ingest import contracts
from ingest.batches import BatchSummary
from ingest.garage_inventory import count_work
from ingest.garage_inventory.showing import exception_counts
from ingest.ledgers import missing_movements, row_count


def _counts_settled(connection: psycopg.Connection, outcomes: list[BatchSummary]) -> dict:
    """What was counted well enough, or reviewed, is completed; the rest is work that waits."""
    done = count_work.settle(connection)
    return {"counts_completed": done, "counts_under_way": count_work.under_way(connection)}


stock_counts = feed_asset(
    contracts.STOCK_COUNT,
    COUNTS,
    deps=[GARAGES, PARTS],
    also="Each run ends requests that its lines have answered well: `partsbay count`.",
    tell=_counts_settled,
)
receipts = feed_asset(
    contracts.RECEIPT, RECEIPTS, deps=[GARAGES, PARTS], also="Each line also states its lot and makes a movement."
)
usage_lines = feed_asset(
    contracts.USAGE,
    USAGE_LINES,
    deps=[GARAGES, PARTS],
    also="Lines that move stock also make a movement.",
)
adjustments = feed_asset(
    contracts.ADJUSTMENT,
    ADJUSTMENTS,
    deps=[GARAGES, PARTS],
    also="Approved lines also make a movement; lines above a limit wait for a second person.",
)


lots = entered_asset(LOTS, [COUNTS, RECEIPTS], "Receipts and counts state them, in the transaction of their line.")
count_events = entered_asset(COUNT_EVENTS, [COUNTS], "`partsbay count` enters them, and each run ends what it can.")
approvals = entered_asset(
    APPROVALS, [ADJUSTMENTS], "`partsbay stock approve` and `reject` enter them; an approved line moves stock at once."
)
reversals = entered_asset(
    REVERSALS,
    [USAGE_LINES, ADJUSTMENTS, RECEIPTS],
    "`partsbay stock reverse` enters them, and the opposite movement with them.",
)
transfer_events = entered_asset(
    TRANSFER_EVENTS,
    [],
    "`partsbay stock transfer`, `ship`, `arrive` and `short` enter them, and so does a promise from another garage.",
)


@dg.asset(
    key=MOVEMENTS,
    group_name="garage_inventory",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[USAGE_LINES, ADJUSTMENTS, RECEIPTS, APPROVALS, REVERSALS, TRANSFER_EVENTS],
    description=f"{source_description(MOVEMENTS)}\n\nWritten in the transaction of the line or act that caused it.",
    metadata=store_metadata(MOVEMENTS),
    check_specs=[
        dg.AssetCheckSpec(
            "one_movement_a_line",
            asset=MOVEMENTS,
            description="Every line that moves stock has exactly its movement, and no movement is without its line.",
        ),
        dg.AssetCheckSpec(
            "no_exceptions",
            asset=MOVEMENTS,
            description="No stock is below nothing or promised twice, no count is far off, nothing waits too long.",
        ),
    ],
)
def movements(inventory_db: InventoryDatabase) -> dg.MaterializeResult:
    """Nothing to write: the lines wrote it. Counted, proved complete, and looked at for what needs somebody."""
    with inventory_db.connect() as connection:
        rows = row_count(connection, "garage_inventory", "movements")
        missing, found = missing_movements(connection), exception_counts(connection)
    result = proof("one_movement_a_line", rows, missing, "lines and movements do not match")
    return result._replace(check_results=[*result.check_results, _exceptions_result(found)])


def _exceptions_result(found: dict[str, int]) -> dg.AssetCheckResult:
    told = ", ".join(f"{count} {code}" for code, count in found.items())
    return dg.AssetCheckResult(
        passed=not found,
        check_name="no_exceptions",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "summary": f"{told}." if found else "Nothing needs a look.",
            "failed_rows": sum(found.values()),
            "look": "partsbay stock exceptions",
        },
    )
