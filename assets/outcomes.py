"""What became of each batch, for its sender."""

import dagster as dg

from assets.names import (
    DATA_ENGINEERING,
    FEEDS,
    OUTCOMES,
)
from assets.resources import Folders, InventoryDatabase
from ingest.outcomes import missing_outcomes, write_outcome


@dg.asset(
    key=OUTCOMES,
    group_name="operations",
    owners=[DATA_ENGINEERING],
    kinds={"file", "json"},
    deps=FEEDS,
)
def batch_outcomes(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, folders: Folders
) -> dg.MaterializeResult:
    """One document per finished batch for its sender: counts, totals, each refused row with what to do about it.

    Beside it a table of the refused rows and, for an EDI file, the functional
    acknowledgement. Written from the ledger, so whatever is missing is written again.
    """
    folder, landing = folders.path("outcomes"), folders.path("landing")
    with inventory_db.connect() as connection:
        missing = list(missing_outcomes(connection, folder))
        files, failed = 0, []
        for batch_id in missing:
            try:
                files += len(write_outcome(connection, landing, folder, batch_id))
            except Exception:
                # The outcomes of all the others are written first.
                context.log.exception("the outcome of batch %s cannot be written", batch_id)
                failed.append(batch_id)
    context.log.info("%s outcomes written, %s files.", len(missing) - len(failed), files)
    if failed:
        raise dg.Failure(f"{len(failed)} of {len(missing)} outcomes cannot be written; first: batch {failed[0]}")
    return dg.MaterializeResult(metadata={"outcome_count": len(missing), "file_count": files})
