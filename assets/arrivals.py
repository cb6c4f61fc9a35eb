"""What has arrived: every new file of the drop folder, kept byte for byte."""

import dagster as dg

from assets.names import BATCHES, DATA_ENGINEERING
from assets.resources import Folders, InventoryDatabase
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
