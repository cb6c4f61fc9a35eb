"""Quality holds: what files say of them, what their rules cover, and what is held by itself."""

import dagster as dg

from assets.manifest import source_description
from assets.names import (
    AUTOMATIC_RULES,
    CALLBACKS,
    COUNTS,
    DATA_ENGINEERING,
    GARAGES,
    HOLD_EVENTS,
    HOLD_RULES,
    LINE_HOLDS,
    LOTS,
    MOVEMENTS,
    PARTS,
    REASON_LIMITS,
    USAGE_LINES,
)
from assets.resources import Clock, InventoryDatabase
from assets.shared import SAMPLE_SIZE, entered_asset, feed_asset, store_metadata
from ingest import contracts
from ingest.ledgers import row_count
from ingest.quality_hold.acts import sweep
from ingest.quality_hold.asking import overdue

quality_hold_events = feed_asset(
    contracts.QUALITY_HOLD,
    HOLD_EVENTS,
    deps=[GARAGES, PARTS],
    also="`partsbay hold` and the sweep enter them as well.",
)
automatic_rules = entered_asset(AUTOMATIC_RULES, [], "`partsbay hold automatic` enters them.")
reason_limits = entered_asset(REASON_LIMITS, [], "A reason without a statement has the limit of the platform.")
callbacks = entered_asset(CALLBACKS, [USAGE_LINES], "`partsbay hold call` enters them.")


@dg.asset(
    key=HOLD_RULES,
    group_name="quality_hold",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[HOLD_EVENTS, AUTOMATIC_RULES, COUNTS, MOVEMENTS, LOTS, LINE_HOLDS],
    description=f"{source_description(HOLD_RULES)}\n\n"
    "`partsbay hold place` enters them. Each run also holds what expired or is in doubt by itself, and releases "
    "what no longer is: the events carry the moment of their cause, and a second run changes nothing.",
    metadata=store_metadata(HOLD_RULES),
    check_specs=[
        dg.AssetCheckSpec("not_overdue", asset=HOLD_RULES, description="Every hold is decided by its due date."),
    ],
)
def hold_rules(
    context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, clock: Clock
) -> dg.MaterializeResult:
    """Sweep at the as-of of the run, then look for holds that should have been decided by then."""
    as_of = clock.as_of(context)
    with inventory_db.connect() as connection:
        answer = sweep(connection, as_of)
        late = overdue(connection, as_of)
        rows = row_count(connection, *HOLD_RULES.path)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "held_cells": sum(event["event_type_code"] == "PLACED" for event in answer.events),
            "released_cells": sum(event["event_type_code"] == "RELEASED" for event in answer.events),
            "moved_reservations": len(answer.moved),
        },
        check_results=[_overdue_result(late)],
    )


def _overdue_result(late: list[dict]) -> dg.AssetCheckResult:
    names = ", ".join(f"{one['hold_number']} ({one['overdue_days']} days)" for one in late[:SAMPLE_SIZE])
    return dg.AssetCheckResult(
        passed=not late,
        check_name="not_overdue",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "summary": f"{len(late)} holds are overdue: {names}." if late else "No hold is overdue.",
            "failed_rows": len(late),
            "look": "partsbay hold ageing",
        },
    )
