"""The audit stream: one record per change of a store, chained by hash."""

import dagster as dg

from assets.manifest import source_description
from assets.names import (
    AUDIT_RECORDS,
    DATA_ENGINEERING,
    FEEDS,
    FORECASTS,
    PROPOSALS,
)
from assets.resources import InventoryDatabase
from assets.shared import proof, store_metadata
from ingest.ledgers import audit_breaches, row_count


@dg.asset(
    key=AUDIT_RECORDS,
    group_name="audit",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[*FEEDS, FORECASTS, PROPOSALS],
    description=f"{source_description(AUDIT_RECORDS)}\n\nWritten in the transaction that made the change.",
    metadata=store_metadata(AUDIT_RECORDS),
    check_specs=[
        dg.AssetCheckSpec(
            "chain", asset=AUDIT_RECORDS, description="No record was edited, removed or reordered since it was written."
        )
    ],
)
def audit_records(inventory_db: InventoryDatabase) -> dg.MaterializeResult:
    """Nothing to write: each change wrote its record. Counted, and the chains are checked."""
    with inventory_db.connect() as connection:
        rows = row_count(connection, "audit", "records")
        return proof("chain", rows, audit_breaches(connection), "records are not as they were written")
