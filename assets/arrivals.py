"""What has arrived, kept byte for byte, and the pages that say what was found on it."""

import dagster as dg

from assets.names import (
    ADJUSTMENTS,
    AVAILABILITY,
    BATCHES,
    COUNTS,
    DATA_DOCS,
    DATA_ENGINEERING,
    GARAGES,
    HOLD_EVENTS,
    OFFERS,
    PARTS,
    RESERVATION_EVENTS,
    SUPPLIERS,
    USAGE_LINES,
)
from assets.resources import Folders, InventoryDatabase
from ingest.batches import judged_batches
from ingest.drop import land_waiting


@dg.asset(key=BATCHES, group_name="operations", owners=[DATA_ENGINEERING], kinds={"postgres", "file"})
def batches(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, folders: Folders
) -> dg.MaterializeResult:
    """One row per landed batch: one file or message as sent, once per source, kind and content.

    Raw bytes are kept for ever under their sha-256. The same bytes again change
    nothing. Files stay in the drop folder; the ledger says which are new.
    """
    with inventory_db.connect() as connection:
        landed = land_waiting(connection, folders.path("drop"), folders.path("landing"))
    repeats = sum(arrival.is_repeat for arrival in landed)
    context.log.info("%s files landed, %s of them had been seen before.", len(landed), repeats)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(landed) - repeats, "repeat_count": repeats})


@dg.asset(
    key=DATA_DOCS,
    group_name="operations",
    owners=[DATA_ENGINEERING],
    kinds={"great_expectations", "html"},
    deps=[
        GARAGES, SUPPLIERS, PARTS, OFFERS, AVAILABILITY, COUNTS, USAGE_LINES, ADJUSTMENTS, RESERVATION_EVENTS,
        HOLD_EVENTS,
    ],
)  # fmt: skip
def data_docs(inventory_db: InventoryDatabase, folders: Folders) -> dg.MaterializeResult:
    """Great Expectations Data Docs: a page for each judged batch and an index, readable without a network."""
    with inventory_db.connect() as connection:
        judged = judged_batches(connection)
    if not judged:
        return dg.MaterializeResult(metadata={"page_count": 0})
    from expectations.data_docs import JudgedBatch, build_data_docs

    index = build_data_docs(folders.path("data_docs"), [JudgedBatch(**batch) for batch in judged])
    return dg.MaterializeResult(metadata={"page_count": len(judged), "index": dg.MetadataValue.path(str(index))})
