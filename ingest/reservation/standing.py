"""How reservations stand, counted: who has what it asks for, and why others wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg


@dataclass(frozen=True)
class Standing:
    """Reservations per status word, and those that wait per reason of the shortage when allocation last looked."""

    statuses: dict[str, int]
    shortages: dict[str, int]


_STATUSES = "select status_code, count(*) from chosen group by 1 order by 1"
_SHORTAGES = """
select last_short.shortage_reason_code, count(*)
from chosen
cross join lateral (
    select events.shortage_reason_code
    from reservation.events
    where events.reservation_number = chosen.reservation_number and events.shortage_reason_code is not null
    order by events.sequence_number desc
    limit 1
) as last_short
where chosen.backordered_quantity > 0
group by 1
order by 1
"""
_ALL = "with chosen as (select * from reservation.statuses)"
_OF_BATCHES = """
with chosen as (
    select * from reservation.statuses
    where reservation_number = any (
        array(select distinct reservation_number from reservation.events where batch_id = any (%(batches)s))
    )
)
"""
_DOUBLY_RESERVED = """
select garage_code, work_order_number, work_order_line, array_agg(reservation_number order by reservation_number)
from reservation.states
where due_quantity > 0
group by 1, 2, 3
having count(*) > 1
order by 1, 2, 3
limit 1000
"""


def standing_of_all(connection: psycopg.Connection) -> Standing:
    """Every reservation; one pass over them."""
    return _standing(connection, _ALL, {})


def standing_of_batches(connection: psycopg.Connection, batch_ids: list[UUID]) -> Standing:
    """The reservations that these batches speak of, as they are now."""
    return _standing(connection, _OF_BATCHES, {"batches": batch_ids}) if batch_ids else Standing({}, {})


def doubly_reserved_lines(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Lines of work orders with more than one active reservation, with their numbers; a thousand at most."""
    return connection.execute(_DOUBLY_RESERVED).fetchall()


def _standing(connection: psycopg.Connection, chosen: str, values: dict[str, Any]) -> Standing:
    statuses, shortages = (
        connection.execute(f"{chosen} {query}", values).fetchall() for query in (_STATUSES, _SHORTAGES)
    )
    return Standing(dict(statuses), dict(shortages))
