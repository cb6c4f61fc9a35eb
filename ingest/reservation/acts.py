"""Ask for units, and every act on a reservation: one prepared statement and one transaction each.

A lost deadlock is done again by itself where the connection was idle; where the caller has begun
a transaction, it is the caller's to repeat. Refusals are :class:`ProtectedError` with their code:
PB001 the number says something else, PB002 the line has a reservation, PB033 a standby, PB9xx.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from ingest.refusals import refusals
from ingest.reservation.answers import Answer
from ingest.retries import retried


@dataclass(frozen=True)
class Request:
    """Units of a part for a line of a work order. The reservation number makes asking again harmless.

    ``quantity`` is in base units; ``priority`` 1 first, 9 last. A lot must keep ``minimum_remaining_days``
    after the need date; None takes what the catalogue says of the part.
    """

    reservation_number: str
    garage_code: str
    part_id: UUID
    quantity: Decimal
    work_order_number: str
    work_order_line: str
    actor: str
    need_by_at: datetime | None = None
    priority: int = 5
    expires_at: datetime | None = None
    condition_code: str = "NEW"
    lot_number: str | None = None
    allows_other_garages: bool = False
    minimum_remaining_days: int | None = None


_RESERVE = """
select reservation.answer(state.reservation_number)::text
from reservation.reserve(
    %(reservation_number)s, %(garage_code)s, %(part_id)s, %(quantity)s, %(work_order_number)s, %(work_order_line)s,
    %(actor)s, %(need_by_at)s::timestamptz, %(priority)s, %(expires_at)s::timestamptz, %(condition_code)s,
    %(lot_number)s, %(allows_other_garages)s,
    coalesce(%(minimum_remaining_days)s::integer, reservation.remaining_days(%(part_id)s, now()))
) as state
"""
_CONSUME = """
select reservation.consume(
    %(number)s, %(quantity)s, %(actor)s, %(lot_number)s, %(operation_number)s,
    coalesce(%(at)s::timestamptz, clock_timestamp())
)::text
"""
_RELEASE = """
select reservation.release(
    %(number)s, %(quantity)s, %(actor)s, %(reason)s, %(operation_number)s,
    coalesce(%(at)s::timestamptz, clock_timestamp())
)::text
"""
_CANCEL = """
select reservation.cancel(
    %(number)s, %(actor)s, %(reason)s, %(operation_number)s, coalesce(%(at)s::timestamptz, clock_timestamp())
)::text
"""
_EXTEND = """
select reservation.extend(%(number)s, %(expires_at)s::timestamptz, %(actor)s, %(operation_number)s)::text
"""
_PICK = """
select reservation.pick(
    %(number)s, %(actor)s, %(lot_number)s, %(operation_number)s, coalesce(%(at)s::timestamptz, clock_timestamp())
)::text
"""


def check_known(connection: psycopg.Connection, request: Request) -> None:
    """Refuse a request for a garage or part that the catalogue does not know, or of nobody (PB600, PB602)."""
    with refusals():
        connection.execute(
            "select garage_inventory.check_act(%(garage_code)s, %(part_id)s, now(), %(actor)s)", asdict(request)
        )


def reserve(connection: psycopg.Connection, request: Request) -> Answer:
    """Ask for units: as many as are free are reserved at once, the rest waits in the queue."""
    return Answer.read(_asked(connection, _RESERVE, asdict(request)))


def consume(
    connection: psycopg.Connection,
    number: str,
    quantity: Decimal,
    actor: str,
    lot_number: str | None = None,
    operation_number: str | None = None,
    at: datetime | None = None,
) -> Answer:
    """Reserved units were fitted: they leave the reservation and the stock together."""
    values = {"quantity": quantity, "lot_number": lot_number, "at": at}
    return _act(connection, _CONSUME, number, actor, operation_number, values)


def release(
    connection: psycopg.Connection,
    number: str,
    quantity: Decimal,
    actor: str,
    reason: str | None = None,
    operation_number: str | None = None,
    at: datetime | None = None,
) -> Answer:
    """The line needs fewer units: what it waits for is given up before what it has."""
    values = {"quantity": quantity, "reason": reason, "at": at}
    return _act(connection, _RELEASE, number, actor, operation_number, values)


def cancel(
    connection: psycopg.Connection,
    number: str,
    actor: str,
    reason: str | None = None,
    operation_number: str | None = None,
    at: datetime | None = None,
) -> Answer:
    """The line needs nothing any more: all that it has goes to who waits."""
    return _act(connection, _CANCEL, number, actor, operation_number, {"reason": reason, "at": at})


def extend(
    connection: psycopg.Connection,
    number: str,
    expires_at: datetime,
    actor: str,
    operation_number: str | None = None,
) -> Answer:
    """The reservation lapses at another moment."""
    return _act(connection, _EXTEND, number, actor, operation_number, {"expires_at": expires_at})


def pick(
    connection: psycopg.Connection,
    number: str,
    actor: str,
    lot_number: str | None = None,
    operation_number: str | None = None,
    at: datetime | None = None,
) -> Answer:
    """What the reservation has was picked from one lot, and stays with that lot from now on."""
    return _act(connection, _PICK, number, actor, operation_number, {"lot_number": lot_number, "at": at})


def expire(connection: psycopg.Connection, until: datetime) -> int:
    """Let lapse every reservation that was due by then, a transaction for each group of parts; how many did.

    On an autocommitting connection. Stopped half-way, the rest lapses the next time, with the same events.
    """
    total = 0
    while count := _asked(connection, "select reservation.expire(%(until)s)", {"until": until}):
        total += count
    return total


def _act(connection, statement: str, number: str, actor: str, operation_number: str | None, values: dict) -> Answer:
    given = {**values, "number": number, "actor": actor, "operation_number": operation_number}
    return Answer.read(_asked(connection, statement, given))


def _asked(connection: psycopg.Connection, statement: str, values: dict[str, Any]) -> Any:
    """The one value that the statement answers with."""

    def work() -> Any:
        return connection.execute(statement, values, prepare=True).fetchone()[0]

    def again() -> Any:
        try:
            return work()
        except psycopg.Error:
            connection.rollback()
            raise

    with refusals():
        is_idle = connection.info.transaction_status == TransactionStatus.IDLE
        return retried(again) if is_idle else work()
