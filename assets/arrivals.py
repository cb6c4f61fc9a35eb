"""What has arrived, kept byte for byte, and the pages that say what was found on it."""

from datetime import UTC, datetime

import dagster as dg

from assets.manifest import source_description
from assets.names import (
    BATCHES,
    DATA_DOCS,
    DATA_ENGINEERING,
    FEED_ARRIVALS,
    FEEDS,
)
from assets.resources import Folders, InventoryDatabase
from assets.shared import store_metadata
from ingest.arrival.taking import Taken, take_waiting
from ingest.batches import judged_batches
from ingest.feed_dues import record_dues

LISTED = 50


@dg.asset(
    key=BATCHES,
    group_name="operations",
    owners=[DATA_ENGINEERING],
    kinds={"postgres", "file"},
    check_specs=[
        dg.AssetCheckSpec(
            "inboxes", asset=BATCHES, description="Every inbox answers and no file in one waits for too long."
        )
    ],
)
def batches(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, folders: Folders
) -> dg.MaterializeResult:
    """One row per landed batch: one file or message as sent, once per source, kind and content.

    Raw bytes are kept for ever under their sha-256. The same bytes again change
    nothing. Files stay in their inbox unless it says otherwise; the ledger says which are new.
    """
    with inventory_db.connect() as connection:
        taken = take_waiting(connection, folders.all_inboxes(), folders.path("landing"), folders.partner_profiles())
    repeats = sum(arrival.is_repeat for arrival in taken.landed)
    context.log.info("%s batches landed, %s of them had been seen before. %s", len(taken.landed), repeats, taken.look)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(taken.landed) - repeats, "repeat_count": repeats},
        check_results=[inboxes_result(taken)],
    )


def inboxes_result(taken: Taken) -> dg.AssetCheckResult:
    """Which inboxes do not answer and which files could not be taken or wait too long, each with its reason."""
    wrong = [("inbox", name, words) for name, words in taken.faults.items()]
    wrong += [("file", path, words) for path, words in taken.failed.items()]
    wrong += [
        ("file", f"{one.inbox_name}: {one.path}", f"{one.reason} since {one.since:%Y-%m-%d %H:%M} UTC")
        for one in taken.look.overdue
    ]
    first = f"; first: {wrong[0][1]}: {wrong[0][2]}" if wrong else ""
    metadata: dict = {
        "summary": f"{len(taken.faults)} of {taken.look.inbox_count} inboxes do not answer, "
        f"{len(wrong) - len(taken.faults)} files cannot be taken or wait too long{first}.",
        "failed_rows": len(wrong),
    }
    if wrong:
        rows = [dg.TableRecord({"what": what, "name": name, "reason": words}) for what, name, words in wrong[:LISTED]]
        metadata["troubles"] = dg.MetadataValue.table(rows)
    return dg.AssetCheckResult(
        passed=not wrong,
        check_name="inboxes",
        severity=dg.AssetCheckSeverity.ERROR if taken.faults else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


@dg.asset(
    key=FEED_ARRIVALS,
    group_name="operations",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[BATCHES, *FEEDS],
    description=f"{source_description(FEED_ARRIVALS)}\n\nThe calendars of profiles say what is due.",
    metadata=store_metadata(FEED_ARRIVALS),
)
def feed_arrivals(inventory_db: InventoryDatabase, folders: Folders) -> dg.MaterializeResult:
    """Write down what has become due since the last run; what came of it follows from the ledger of batches."""
    with inventory_db.connect() as connection:
        recorded = record_dues(connection, folders.partner_profiles(), datetime.now(UTC))
    return dg.MaterializeResult(metadata={"due_count": recorded})


@dg.asset(
    key=DATA_DOCS,
    group_name="operations",
    owners=[DATA_ENGINEERING],
    kinds={"great_expectations", "html"},
    deps=FEEDS,
)
def data_docs(inventory_db: InventoryDatabase, folders: Folders) -> dg.MaterializeResult:
    """Great Expectations Data Docs: a page for each judged batch and an index, readable without a network."""
    with inventory_db.connect() as connection:
        judged = judged_batches(connection)
    if not judged:
        return dg.MaterializeResult(metadata={"page_count": 0})
    from expectations.data_docs import JudgedBatch, build_data_docs

    index = build_data_docs(folders.path("data_docs"), [JudgedBatch(**batch) for batch in judged])
    return dg.MaterializeResult(metadata={"page_count": len(judged), "index": dg.MetadataValue.path(str(index))})
