"""Reservations as they are, and how they came to be so."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.errors import SettingsError
from ingest.refusals import refusals
from ingest.reservation.answers import Answer

STATUSES = (
    "DRAFT", "BACKORDERED", "PARTIALLY_RESERVED", "RESERVED", "PARTIALLY_DELIVERED", "DELIVERED", "CLOSED",
    "CANCELLED", "EXPIRED",
)  # fmt: skip

_NAMES = """
with parts as (
    select distinct on (part_id) part_id, brand_code, part_number
    from catalogue.parts
    where part_id = any (array(select part_id from reservation.states))
    order by part_id, valid_from_at desc, revision_number desc
)
"""
_LIST = f"""
{_NAMES}

select statuses.*, parts.brand_code, parts.part_number, last_short.shortage_reason_code, last_short.obstacles
from reservation.statuses
left join parts using (part_id)
left join lateral (
    select events.shortage_reason_code, events.obstacles
    from reservation.events
    where events.reservation_number = statuses.reservation_number and events.shortage_reason_code is not null
    order by events.sequence_number desc
    limit 1
) as last_short on statuses.backordered_quantity > 0
where (%(status)s::text is null or statuses.status_code = %(status)s)
    and (%(garage)s::text is null or statuses.garage_code = %(garage)s)
    and (%(part_id)s::uuid is null or statuses.part_id = %(part_id)s)
order by coalesce(statuses.need_by_at, statuses.requested_at), statuses.priority, statuses.requested_at,
    statuses.reservation_number
limit %(limit)s
"""
_HISTORY = """
select sequence_number, event_type_code, event_at, recorded_at, quantity, peg_quantity, peg_garage_code,
    condition_code, lot_number, expires_at, reason, shortage_reason_code, obstacles, caused_by_code, caused_by_number,
    source_code, actor
from reservation.events
where reservation_number = %s
order by event_at, recorded_at, sequence_number, event_id
"""
# Who is served before it: the same order in which allocation serves.
_AHEAD = """
select others.reservation_number, others.backordered_quantity
from reservation.states as own
inner join reservation.states as others on others.part_id = own.part_id and others.garage_code = own.garage_code
    and others.condition_code = own.condition_code and others.backordered_quantity > 0
where own.reservation_number = %s and own.backordered_quantity > 0
    and (coalesce(others.need_by_at, others.requested_at), others.priority, others.requested_at,
            others.reservation_number)
        < (coalesce(own.need_by_at, own.requested_at), own.priority, own.requested_at, own.reservation_number)
order by coalesce(others.need_by_at, others.requested_at), others.priority, others.requested_at,
    others.reservation_number
limit 20
"""

_ELSEWHERE = """
select cells.garage_code, sum(greatest(cells.sellable_quantity - cells.reserved_quantity, 0)) as available_quantity
from reservation.states
inner join garage_inventory.cells on cells.part_id = states.part_id and cells.condition_code = states.condition_code
    and cells.garage_code <> states.garage_code
where states.reservation_number = %s and states.backordered_quantity > 0
group by cells.garage_code
having sum(greatest(cells.sellable_quantity - cells.reserved_quantity, 0)) > 0
order by available_quantity desc, cells.garage_code
limit 20
"""


def answer_of(connection: psycopg.Connection, number: str) -> Answer:
    """What the reservation has, and what stands in the way of the rest, now."""
    with refusals():
        return Answer.read(connection.execute("select reservation.answer(%s)::text", (number,)).fetchone()[0])


def history_of(connection: psycopg.Connection, number: str) -> list[dict[str, Any]]:
    """Every event of a reservation with its cause, as they happened."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_HISTORY, (number,)).fetchall()


def ahead_of(connection: psycopg.Connection, number: str) -> list[dict[str, Any]]:
    """Reservations that are served before it, in the order of the queue, twenty at most."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_AHEAD, (number,)).fetchall()


def elsewhere_of(connection: psycopg.Connection, number: str) -> list[dict[str, Any]]:
    """Garages that have units of the part that a reservation waits for, promised to nobody; twenty at most."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_ELSEWHERE, (number,)).fetchall()


def reservations(
    connection: psycopg.Connection,
    status: str | None = None,
    garage: str | None = None,
    part_id: UUID | None = None,
    limit: int = 1000,
) -> list[dict[str, Any]]:
    """Reservations in the order of the queue, with why they were short when allocation last looked."""
    if status is not None and status not in STATUSES:
        raise SettingsError("UNKNOWN_STATUS", f"there is no status '{status}'", f"Use one of {', '.join(STATUSES)}.")
    values = {"status": status, "garage": garage, "part_id": part_id, "limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LIST, values).fetchall()


def overdue_count(connection: psycopg.Connection, moment: datetime) -> int:
    """Reservations that should have lapsed by a moment and have not yet."""
    query = "select count(*) from reservation.states where due_quantity > 0 and expires_at <= %s"
    return connection.execute(query, (moment,)).fetchone()[0]


def available_by(connection: psycopg.Connection, garage: str, part_id: UUID, on_date: date) -> dict[str, Any]:
    """What can be promised by the end of a day (F5), with its parts, in base units."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from reservation.available_by(%s, %s, %s)", (garage, part_id, on_date)
        ).fetchone()
