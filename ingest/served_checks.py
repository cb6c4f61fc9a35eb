"""Whether the served stock is what the ledgers come to: two ways of counting, compared position by position."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

RELATION = "serving.stock_positions"

# Positions that ledgers have news of since the models read them, or of a later day than the as-of, are not served
# yet; nor are reservations past their expiry that the sweep has still to enter. Cost: one pass over each ledger.
_DIFFERENCES = """
with served as (
    select as_of_at, coalesce(read_at, served_at) as read_at from serving.generation
),

ledgers as (
    select garage_code, part_id, event_at, recorded_at, batch_id from garage_inventory.counts
    union all
    select garage_code, part_id, event_at, recorded_at, batch_id from garage_inventory.movements
    union all
    select garage_code, part_id, event_at, recorded_at, batch_id from quality_hold.events
    union all
    select garage_code, part_id, event_at, recorded_at, batch_id from reservation.events
    union all
    select peg_garage_code, part_id, event_at, recorded_at, batch_id from reservation.events
    where peg_garage_code is not null
),

late_batches as (
    select batch_id from ingest.batches, served where batches.finished_at > served.read_at
),

unserved as (
    select ledgers.garage_code, ledgers.part_id
    from ledgers
    cross join served
    where ledgers.event_at > served.as_of_at
        or ledgers.recorded_at > served.read_at
        or ledgers.batch_id in (select batch_id from late_batches)
    union
    select pegs.garage_code, pegs.part_id
    from reservation.pegs
    inner join reservation.states using (reservation_number)
    cross join served
    where pegs.quantity > 0 and states.expires_at <= served.as_of_at and not states.is_ended
),

folded as (
    select garage_code, part_id, on_hand_quantity, held_quantity, reserved_quantity, available_quantity,
        available_raw_quantity
    from garage_inventory.availability
),

compared as (
    select coalesce(folded.garage_code, positions.garage_code) as garage_code,
        coalesce(folded.part_id, positions.part_id) as part_id,
        jsonb_build_object(
            'on_hand_quantity', coalesce(folded.on_hand_quantity, 0),
            'held_quantity', coalesce(folded.held_quantity, 0),
            'reserved_quantity', coalesce(folded.reserved_quantity, 0),
            'available_quantity', coalesce(folded.available_quantity, 0),
            'available_raw_quantity', coalesce(folded.available_raw_quantity, 0)
        ) as expected,
        jsonb_build_object(
            'on_hand_quantity', coalesce(positions.on_hand_quantity, 0),
            'held_quantity', coalesce(positions.held_quantity, 0),
            'reserved_quantity', coalesce(positions.reserved_quantity, 0),
            'available_quantity', coalesce(positions.available_quantity, 0),
            'available_raw_quantity', coalesce(positions.available_raw_quantity, 0)
        ) as found
    from folded
    -- One row per garage and part on both sides; one that is missing is a position of nothing.
    full join serving.stock_positions as positions using (garage_code, part_id)
)

select compared.garage_code, compared.part_id, compared.expected, compared.found
from compared
left join unserved using (garage_code, part_id)
where unserved.garage_code is null
    and compared.expected <> compared.found
    and exists (select from served)
order by compared.garage_code, compared.part_id
limit %s
"""


def models_read_at(connection: psycopg.Connection) -> datetime | None:
    """When the models last read the ledgers of stock; None where there is no position."""
    return connection.execute("select min(read_at) from intermediate.int_stock_positions").fetchone()[0]


def served_differences(connection: psycopg.Connection, limit: int = 1000) -> list[dict[str, Any]]:
    """Positions that are served with other quantities than the ledgers come to, ``limit`` at most.

    Each as ``check``, ``relation``, ``key``, ``expected``, ``found`` and ``message``, as
    ``partsbay verify`` lists breaches. Positions with news since the last run are left out.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_breach(row) for row in cursor.execute(_DIFFERENCES, [limit])]


def _breach(row: dict[str, Any]) -> dict[str, Any]:
    differing = [
        f"{name} {_plain(row['found'][name])} for {_plain(amount)}"
        for name, amount in row["expected"].items()
        if row["found"][name] != amount
    ]
    return {
        "check": "served",
        "relation": RELATION,
        "key": {"garage_code": row["garage_code"], "part_id": str(row["part_id"])},
        "expected": row["expected"],
        "found": row["found"],
        "message": f"{RELATION} of garage {row['garage_code']}, part {row['part_id']}: {', '.join(differing)}.",
    }


def _plain(quantity: float) -> str:
    """A quantity as people write it, without zeros after its last digit."""
    return f"{Decimal(str(quantity)).normalize():f}"
