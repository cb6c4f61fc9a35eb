"""Whether what is derived from the ledgers is what they come to, and mending it where the settings allow."""

import dagster as dg

from assets.names import HOLD_EVENTS, LOTS, MOVEMENTS, RESERVATION_EVENTS
from assets.resources import InventoryDatabase, Mending
from ingest.ledger_checks import breaches, mend

SHOWN = 5


@dg.asset_check(
    asset=MOVEMENTS,
    additional_deps=[LOTS, RESERVATION_EVENTS, HOLD_EVENTS],
    description="Cells, holds, reservations and pegs are what the ledgers come to; nothing is promised or held that"
    " is not there, and no peg is without its reservation (F1 to F3).",
)
def folds_are_served(inventory_db: InventoryDatabase, mending: Mending) -> dg.AssetCheckResult:
    """A breach fails the check even when it is mended: whatever wrote it must be found."""
    with inventory_db.connect() as connection:
        found = breaches(connection)
        if not found:
            return dg.AssetCheckResult(passed=True, metadata={"failed_rows": 0, "mended_rows": 0})
        changed = mend(connection, "drift check", found[0]["message"]) if mending.is_on() else {}
        left = breaches(connection) if changed else found
    return dg.AssetCheckResult(
        passed=False,
        severity=dg.AssetCheckSeverity.ERROR if left else dg.AssetCheckSeverity.WARN,
        metadata={
            "summary": f"{len(found)} breaches; {len(left)} are left after mending.",
            "failed_rows": len(found),
            "mended_rows": sum(changed.values()),
            "first": "\n".join(breach["message"] for breach in found[:SHOWN]),
            "look": "partsbay verify",
        },
    )
