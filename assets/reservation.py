"""Reservations as their events, and as what the events come to."""

from datetime import UTC, datetime

import dagster as dg
import psycopg

from assets.manifest import source_description
from assets.names import (
    COUNTS,
    DATA_ENGINEERING,
    GARAGES,
    HOLD_EVENTS,
    MOVEMENTS,
    PARTS,
    RESERVATION_EVENTS,
    RESERVATION_STATES,
)
from assets.resources import Clock, InventoryDatabase
from assets.shared import feed_asset, store_metadata
from ingest import contracts
from ingest.batches import BatchSummary
from ingest.reservation.acts import expire
from ingest.reservation.standing import Standing, doubly_reserved_lines, standing_of_all, standing_of_batches


def _told(connection: psycopg.Connection, outcomes: list[BatchSummary]) -> dict:
    """How many of the reservations that these batches speak of have what they ask for, and why others wait."""
    return _metadata(standing_of_batches(connection, [outcome.batch_id for outcome in outcomes]))


def _metadata(standing: Standing) -> dict:
    return {f"{name.lower()}_count": count for name, count in standing.statuses.items()} | {
        f"short_of_{name.lower()}_count": count for name, count in standing.shortages.items()
    }


reservation_events = feed_asset(
    contracts.RESERVATION,
    RESERVATION_EVENTS,
    deps=[GARAGES, PARTS],
    also="What is asked for is allocated in the transaction of its batch.",
    tell=_told,
)


@dg.asset(
    key=RESERVATION_STATES,
    group_name="reservation",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[RESERVATION_EVENTS, MOVEMENTS, COUNTS, HOLD_EVENTS],
    description=f"{source_description(RESERVATION_STATES)}\n\nKept with every event; a run lets lapse what is overdue.",
    metadata=store_metadata(RESERVATION_STATES),
    check_specs=[
        dg.AssetCheckSpec(
            "lines_reserved_once",
            asset=RESERVATION_STATES,
            description="No line of a work order has two active reservations; files can say so, people cannot.",
        )
    ],
)
def reservation_states(inventory_db: InventoryDatabase, clock: Clock) -> dg.MaterializeResult:
    """What each reservation has; what is overdue lapses, at its own moment."""
    with inventory_db.connect() as connection:
        lapsed = expire(connection, clock.moment() or datetime.now(UTC))
        standing = standing_of_all(connection)
        twice = doubly_reserved_lines(connection)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(standing.statuses.values()),
            "lapsed_count": lapsed,
            **_metadata(standing),
        },
        check_results=[
            dg.AssetCheckResult(
                passed=not twice,
                check_name="lines_reserved_once",
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "summary": f"{len(twice)} lines of work orders have more than one active reservation.",
                    "failed_rows": len(twice),
                    "first": str(twice[:5]),
                },
            )
        ],
    )
