"""The audit stream: one record per change of a store, chained by hash, and the anchors that saw its ends."""

import dagster as dg

from assets.manifest import source_description
from assets.names import (
    AUDIT_ANCHORS,
    AUDIT_RECORDS,
    DATA_ENGINEERING,
    FEEDS,
    FORECASTS,
    PROPOSALS,
)
from assets.resources import Anchors, InventoryDatabase
from assets.shared import proof, store_metadata
from ingest.anchors import write_anchor
from ingest.audit import seal
from ingest.audit_proof import breaches
from ingest.ledgers import row_count


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
            "chain",
            asset=AUDIT_RECORDS,
            description="No record was edited, removed or reordered since it was written, no tail cut off since an"
            " anchor saw it, and every store holds the rows that its records speak of.",
        )
    ],
)
def audit_records(inventory_db: InventoryDatabase, anchors: Anchors) -> dg.MaterializeResult:
    """Each change wrote its record or entry. What is not sealed yet is; then the chains are checked."""
    with inventory_db.connect() as connection:
        seal(connection)
        rows = row_count(connection, "audit", "records")
        found = [breach.message for breach in breaches(connection, anchors.path(), anchors.secret())]
    return proof("chain", rows, found, "things are not as they were written")


@dg.asset(
    key=AUDIT_ANCHORS,
    group_name="audit",
    owners=[DATA_ENGINEERING],
    kinds={"postgres", "file"},
    deps=[AUDIT_RECORDS],
    description=f"{source_description(AUDIT_ANCHORS)}\n\nEach run that finds a longer chain writes one.",
    metadata=store_metadata(AUDIT_ANCHORS),
)
def audit_anchors(inventory_db: InventoryDatabase, anchors: Anchors) -> dg.MaterializeResult:
    """Where every chain ends now, in the database and in a read-only file of the home."""
    with inventory_db.connect() as connection:
        if not row_count(connection, "audit", "records"):
            return dg.MaterializeResult(metadata={"dagster/row_count": 0})
        anchor = write_anchor(connection, anchors.path(), anchors.secret())
        rows = row_count(connection, "audit", "anchors")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "chain_count": anchor.chain_count,
            "is_new": anchor.is_new,
            "file": dg.MetadataValue.path(anchor.path),
        }
    )
