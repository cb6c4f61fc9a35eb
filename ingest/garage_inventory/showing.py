"""What is there of a part, now or at any moment, why it is not all available, and what happened to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.errors import SettingsError

Row = dict[str, Any]

_CELLS_NOW = """
select cells.garage_code, cells.condition_code, cells.lot_number, cells.on_hand_quantity, cells.held_quantity,
    cells.reserved_quantity, cells.expires_on, cells.received_at
from garage_inventory.cells
where cells.part_id = %(part_id)s and cells.garage_code = coalesce(%(garage_code)s, cells.garage_code)
"""
_CELLS_THEN = """
select cells.*
from garage_inventory.cells_at(%(part_id)s, %(garage_code)s, %(at)s, %(known_at)s) as cells
"""
# As lots are picked (F17); cells that are empty and promise nothing are left out.
_CELLS = """
select cells.*,
    case when garage_inventory.is_sellable(cells.condition_code)
        then cells.on_hand_quantity - cells.held_quantity - cells.reserved_quantity else 0 end as available_quantity
from ({cells}) as cells
where cells.on_hand_quantity <> 0 or cells.held_quantity <> 0 or cells.reserved_quantity <> 0
order by cells.garage_code, not garage_inventory.is_sellable(cells.condition_code), cells.condition_code,
    cells.expires_on nulls last, cells.received_at nulls last, cells.lot_number
"""
_HOLDS = """
select garage_code, condition_code, lot_number, hold_number, hold_reason_code, open_quantity as quantity, due_at
from quality_hold.holds
where part_id = %(part_id)s and garage_code = coalesce(%(garage_code)s, garage_code) and open_quantity > 0
order by garage_code, condition_code, lot_number, hold_number
"""
_RESERVATIONS = """
select pegs.garage_code, pegs.condition_code, pegs.lot_number, pegs.reservation_number, pegs.quantity,
    states.garage_code as for_garage_code, states.work_order_number, states.work_order_line, states.need_by_at
from reservation.pegs
inner join reservation.states using (reservation_number)
where pegs.part_id = %(part_id)s and pegs.garage_code = coalesce(%(garage_code)s, pegs.garage_code)
    and pegs.quantity > 0
order by pegs.garage_code, coalesce(states.need_by_at, states.requested_at), states.priority, pegs.reservation_number
"""
_WAITING = """
select garage_code, reservation_number, backordered_quantity as quantity, work_order_number, work_order_line, need_by_at
from reservation.states
where part_id = %(part_id)s and garage_code = coalesce(%(garage_code)s, garage_code) and backordered_quantity > 0
order by garage_code, coalesce(need_by_at, requested_at), priority, requested_at, reservation_number
"""
_TRANSFERS = """
select transfer_number, state_code, from_garage_code, to_garage_code, condition_code, open_quantity,
    in_transit_quantity, requested_quantity, received_quantity, short_quantity, reservation_number, requested_at,
    shipped_at, due_at, brand_code, part_number
from garage_inventory.transfer_states
left join lateral (
    select parts.brand_code, parts.part_number from catalogue.parts
    where parts.part_id = transfer_states.part_id
    order by parts.valid_from_at desc, parts.revision_number desc
    limit 1
) as parts on true
where transfer_states.part_id = coalesce(%(part_id)s, transfer_states.part_id)
    and (%(garage_code)s::text is null or %(garage_code)s in (from_garage_code, to_garage_code))
    and (open_quantity > 0 or in_transit_quantity > 0)
order by requested_at, transfer_number
"""
# A count sets the balance, a movement changes it; a movement that a later count has seen changes nothing any more.
_HISTORY = """
with facts as (
    select garage_code, condition_code, coalesce(lot_number, '') as lot_number, max(event_at) as event_at,
        max(recorded_at) as recorded_at, 1 as place, 'COUNT' as fact_code, count_number as document_number,
        count(*) || ' lines' as document_line, sum(counted_quantity) as quantity,
        max(discrepancy_reason_code) as reason_code, max(actor) as actor, max(source_code) as source_code,
        (array_agg(count_line_id order by count_line_id))[1] as fact_id
    from garage_inventory.counts
    where part_id = %(part_id)s and garage_code = coalesce(%(garage_code)s, garage_code)
    group by garage_code, condition_code, coalesce(lot_number, ''), count_number
    union all
    select garage_code, condition_code, coalesce(lot_number, ''), event_at, recorded_at, 0, movement_type_code,
        document_number, document_line, quantity, reason_code, actor, source_code, movement_id
    from garage_inventory.movements
    where part_id = %(part_id)s and garage_code = coalesce(%(garage_code)s, garage_code)
),

counted as (
    select facts.*,
        count(*) filter (where fact_code = 'COUNT') over cell as epoch
    from facts
    window cell as (
        partition by garage_code, condition_code, lot_number
        order by event_at, place, document_number, fact_id rows unbounded preceding
    )
)

select garage_code, condition_code, lot_number, event_at, recorded_at,
    garage_inventory.is_late(event_at, recorded_at) as is_late, fact_code, document_number, document_line, quantity,
    reason_code, actor, source_code,
    sum(quantity) over (
        partition by garage_code, condition_code, lot_number, epoch
        order by event_at, place, document_number, fact_id rows unbounded preceding
    ) as balance_quantity
from counted
order by event_at desc, place desc, document_number desc, fact_id desc
limit %(limit)s
"""
_EXCEPTIONS = """
select exceptions.*, parts.brand_code, parts.part_number
from garage_inventory.exceptions
left join lateral (
    select parts.brand_code, parts.part_number from catalogue.parts
    where parts.part_id = exceptions.part_id
    order by parts.valid_from_at desc, parts.revision_number desc
    limit 1
) as parts on true
where exceptions.garage_code = coalesce(%(garage_code)s, exceptions.garage_code)
    and exceptions.exception_code = coalesce(%(exception_code)s, exceptions.exception_code)
order by exceptions.exception_code, exceptions.garage_code, parts.brand_code, parts.part_number,
    exceptions.lot_number, exceptions.document_number
limit %(limit)s
"""
_PENDING = """
select adjustment_line_id, adjustment_number, adjustment_line, garage_code, brand_code, part_number, condition_code,
    lot_number, direction_code, quantity, uom_code, adjustment_reason_code, reason_note,
    quantity * garage_inventory.unit_cost_amount(states.part_id, event_at) as value_amount, event_at,
    states.recorded_at, states.actor
from garage_inventory.adjustment_states as states
left join lateral (
    select parts.brand_code, parts.part_number from catalogue.parts
    where parts.part_id = states.part_id
    order by parts.valid_from_at desc, parts.revision_number desc
    limit 1
) as parts on true
where state_code = 'PENDING' and garage_code = coalesce(%(garage_code)s, garage_code)
order by states.recorded_at, adjustment_number, adjustment_line
"""
_LINES = {
    "USAGE": "select usage_line_id as line_id, garage_code from garage_inventory.usage_lines"
    " where work_order_number = %(number)s and work_order_line = %(line)s",
    "ADJUSTMENT": "select adjustment_line_id as line_id, garage_code from garage_inventory.adjustments"
    " where adjustment_number = %(number)s and adjustment_line = %(line)s",
    "RECEIPT": "select receipt_line_id as line_id, garage_code from garage_inventory.receipts"
    " where delivery_number = %(number)s and delivery_line = %(line)s",
}


def stock_of(
    connection: psycopg.Connection,
    part_id: UUID,
    garage_code: str | None = None,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> dict[str, Any]:
    """The cells of a part in the order in which lots are picked, and what keeps units from being available.

    Now, or at ``at`` by what was known at ``known_at``; holds, reservations and transfers by number are those of now,
    and left out for another moment.
    """
    is_now = at is None and known_at is None
    moments = {"at": at or datetime.now(UTC), "known_at": known_at or "infinity"}
    values = {"part_id": part_id, "garage_code": garage_code, **moments}
    found = {"cells": _rows(connection, _CELLS.format(cells=_CELLS_NOW if is_now else _CELLS_THEN), values)}
    if not is_now:
        return found
    asked = {"holds": _HOLDS, "reservations": _RESERVATIONS, "waiting": _WAITING, "transfers": _TRANSFERS}
    return found | {name: _rows(connection, query, values) for name, query in asked.items()}


def history_of(connection: psycopg.Connection, part_id: UUID, garage_code: str | None, limit: int) -> list[Row]:
    """Counts and movements of a part with the balance of their cell after each, the newest first."""
    return _rows(connection, _HISTORY, {"part_id": part_id, "garage_code": garage_code, "limit": limit})


def exceptions(
    connection: psycopg.Connection, garage_code: str | None = None, exception_code: str | None = None, limit: int = 1000
) -> list[Row]:
    """What somebody must look at, in words."""
    values = {"garage_code": garage_code, "exception_code": exception_code, "limit": limit}
    return _rows(connection, _EXCEPTIONS, values)


def exception_counts(connection: psycopg.Connection) -> dict[str, int]:
    """How many of each kind of exception there are; kinds without any are left out."""
    query = "select exception_code, count(*) from garage_inventory.exceptions group by 1 order by 1"
    return dict(connection.execute(query).fetchall())


def open_transfers(connection: psycopg.Connection, garage_code: str | None = None) -> list[Row]:
    """Transfers that something is still to be done about, the oldest first."""
    return _rows(connection, _TRANSFERS, {"part_id": None, "garage_code": garage_code})


def pending_adjustments(connection: psycopg.Connection, garage_code: str | None = None) -> list[Row]:
    """Adjustment lines that wait for a second person, the oldest first."""
    return _rows(connection, _PENDING, {"garage_code": garage_code})


def lines_awaiting_approval(connection: psycopg.Connection, batch_ids: list[UUID]) -> int:
    """How many adjustment lines of these batches wait for a second person."""
    query = (
        "select count(*) from garage_inventory.adjustment_states where state_code = 'PENDING' and batch_id = any(%s)"
    )
    return connection.execute(query, (batch_ids,)).fetchone()[0]


def line_named(
    connection: psycopg.Connection, line_code: str, number: str, line: str, garage_code: str | None = None
) -> UUID:
    """The line of a document by the numbers that people know; raises where there is none, or one in several garages."""
    found = _rows(connection, _LINES[line_code], {"number": number, "line": line})
    found = [one for one in found if garage_code in (None, one["garage_code"])]
    if not found:
        words = f"there is no line {line} of {line_code.lower()} {number}"
        raise SettingsError("NO_SUCH_LINE", words, "partsbay stock history PART names documents and lines.")
    if len(found) > 1:
        garages = ", ".join(sorted({one["garage_code"] for one in found}))
        words = f"{line_code.lower()} {number} line {line} is in several garages: {garages}"
        raise SettingsError("SEVERAL_LINES", words, "Name one of them with --garage.")
    return found[0]["line_id"]


def _rows(connection: psycopg.Connection, query: str, values: dict[str, Any]) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
