"""Counts as work: asked for, taken up, counted again, reviewed by somebody else, ended.

Counted lines are facts and move stock as of the moment of counting, whatever state the work is in. Acts are events
that only grow; the state of a count follows from them and from the lines that answer it, in any order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.errors import CheckViolation, UniqueViolation
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.errors import PartsbayError, SettingsError

Row = dict[str, Any]
OPEN = ("REQUESTED", "COUNTING", "COUNTED", "INVESTIGATING", "READY_TO_REVIEW", "REVIEWED")
CLOSED = ("COMPLETED", "CANCELED")

_TASKS = """
select tasks.count_number, tasks.garage_code, parts.brand_code, parts.part_number, tasks.reason_code,
    tasks.state_code, tasks.round_count, tasks.requested_at, tasks.requested_by, tasks.counted_at,
    -- Who is to count again does not see what was expected.
    case when tasks.state_code in ('COUNTED', 'READY_TO_REVIEW', 'REVIEWED') then tasks.variance_quantity end
        as variance_quantity,
    case when tasks.state_code in ('COUNTED', 'READY_TO_REVIEW', 'REVIEWED') then tasks.variance_amount end
        as variance_amount,
    tasks.acted_at, tasks.acted_by, tasks.reason
from garage_inventory.count_tasks as tasks
inner join catalogue.parts_at() as parts using (part_id)
where tasks.garage_code = coalesce(%(garage_code)s, tasks.garage_code)
    and tasks.count_number = coalesce(%(count_number)s, tasks.count_number)
    and tasks.state_code = any(%(states)s)
order by tasks.requested_at, tasks.count_number, parts.brand_code, parts.part_number
limit %(limit)s
"""

_EVENT = """
insert into garage_inventory.count_events (
    count_number, garage_code, part_id, sequence_number, event_type_code, reason_code, reason, variance_quantity,
    event_at, actor
)
"""
_NOT_OPEN = """not exists (
    select from garage_inventory.count_tasks as tasks
    where (tasks.garage_code, tasks.part_id) = (asked.garage_code, asked.part_id)
        and tasks.state_code not in ('COMPLETED', 'CANCELED')
)"""
_BY_PLAN = f"""{_EVENT}
select %(count_number)s, asked.garage_code, asked.part_id, 1, 'REQUESTED', asked.reason_code, %(reason)s::text,
    null::numeric, %(at)s, %(actor)s
from garage_inventory.counting_plan_at(%(at)s) as asked
where asked.garage_code = %(garage_code)s and {_NOT_OPEN}
order by asked.reason_code <> 'RECOUNT', asked.due_on, asked.stocking_class_code, asked.value_amount desc nulls last,
    asked.part_id
limit %(limit)s
"""
_BY_HAND = f"""{_EVENT}
select %(count_number)s, asked.garage_code, asked.part_id, 1, 'REQUESTED', 'BY_HAND', %(reason)s::text,
    null::numeric, %(at)s, %(actor)s
from (select distinct %(garage_code)s as garage_code, part_id from unnest(%(part_ids)s::uuid[]) as part_id) as asked
where {_NOT_OPEN}
"""
_LOCK = "select garage_inventory.lock_counts(%(garage_code)s)"
# In one order, so that two who are at it do not wait for each other.
_LOCK_ALL = """
select garage_inventory.lock_counts(garage_code)
from (select distinct garage_code from garage_inventory.count_events order by garage_code) as asked
"""
_HAS_GARAGE = "select exists (select from catalogue.garages where garage_code = %s)"
_ACT = f"""{_EVENT}
select tasks.count_number, tasks.garage_code, tasks.part_id, tasks.sequence_number + 1, %(event_type_code)s, null,
    %(reason)s::text, case when %(event_type_code)s = 'REVIEWED' then tasks.variance_quantity end, %(at)s, %(actor)s
from garage_inventory.count_tasks as tasks
where tasks.garage_code = coalesce(%(garage_code)s, tasks.garage_code)
    and tasks.count_number = coalesce(%(count_number)s, tasks.count_number)
    and (%(part_ids)s::uuid[] is null or tasks.part_id = any(%(part_ids)s))
    and tasks.state_code = any(%(states)s)
returning part_id
"""
_UNDER_WAY = """
select count(*) filter (where events.event_type_code = 'REQUESTED')
    - count(*) filter (where events.event_type_code in ('COMPLETED', 'CANCELED'))
from garage_inventory.count_events as events
"""
# What may be done in which state.
_FROM = {
    "COUNTING": ("REQUESTED",),
    "INVESTIGATING": ("COUNTED", "READY_TO_REVIEW", "REVIEWED"),
    "REVIEWED": ("COUNTED", "READY_TO_REVIEW"),
    "COMPLETED": ("COUNTED", "REVIEWED"),
    "CANCELED": OPEN,
}


def tasks(
    connection: psycopg.Connection,
    garage_code: str | None = None,
    count_number: str | None = None,
    states: tuple[str, ...] = OPEN,
    limit: int = 200,
) -> list[Row]:
    """Counts in these states, what was asked for first at the top; the variance once nobody is to count again."""
    values = {"garage_code": garage_code, "count_number": count_number, "states": list(states), "limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_TASKS, values).fetchall()


def under_way(connection: psycopg.Connection) -> int:
    """How many parts were asked for and are not ended."""
    return connection.execute(_UNDER_WAY).fetchone()[0]


def request(
    connection: psycopg.Connection,
    garage_code: str,
    actor: str,
    part_ids: list[UUID] | None = None,
    reason: str | None = None,
    limit: int = 50,
    at: datetime | None = None,
) -> tuple[str, int]:
    """Ask a garage to count these parts, or without any what the plan says is due; the number of the count, and how
    many parts it asks for.

    What is asked for already, and not ended, is not asked for twice. A garage that the catalogue has not is refused.
    """
    if not connection.execute(_HAS_GARAGE, (garage_code,)).fetchone()[0]:
        raise SettingsError("UNKNOWN_GARAGE", f"the catalogue has no garage {garage_code}", "Name one that it has.")
    moment = at or datetime.now(UTC)
    values = {
        "garage_code": garage_code, "part_ids": part_ids, "limit": limit, "at": moment, "actor": actor,
        "reason": reason, "count_number": f"PLAN-{garage_code}-{moment:%Y%m%d-%H%M%S-%f}",
    }  # fmt: skip
    with _acting(connection, garage_code, actor, reason) as cursor:
        asked = cursor.execute(_BY_PLAN if part_ids is None else _BY_HAND, values).rowcount
    return values["count_number"], asked


def take_up(connection: psycopg.Connection, garage_code: str, actor: str, at: datetime | None = None) -> int:
    """Say that what a garage was asked for is being counted; how many parts."""
    return _enter(connection, "COUNTING", actor, None, garage_code, None, None, at)


def count_again(connection: psycopg.Connection, count_number: str, reason: str, actor: str, **which: Any) -> int:
    """Have parts of a count counted again, though they are not too far off, or once more."""
    return _decided(connection, "INVESTIGATING", count_number, reason, actor, **which)


def review(connection: psycopg.Connection, count_number: str, reason: str, actor: str, **which: Any) -> int:
    """Accept what a count came to; refused for whoever counted."""
    return _decided(connection, "REVIEWED", count_number, reason, actor, **which)


def cancel(connection: psycopg.Connection, count_number: str, reason: str, actor: str, **which: Any) -> int:
    """Give up a count; what was counted stays a fact."""
    return _decided(connection, "CANCELED", count_number, reason, actor, **which)


def settle(connection: psycopg.Connection, actor: str = "count plan", at: datetime | None = None) -> int:
    """End what was counted well enough and what was reviewed; how many parts."""
    if not under_way(connection):
        return 0
    return _enter(connection, "COMPLETED", actor, None, None, None, None, at)


def _decided(
    connection: psycopg.Connection,
    event_type_code: str,
    count_number: str,
    reason: str,
    actor: str,
    garage_code: str | None = None,
    part_ids: list[UUID] | None = None,
    at: datetime | None = None,
) -> int:
    if not reason.strip():
        raise SettingsError("NO_REASON", "the decision has no reason", "Say why, so that others can follow it.")
    done = _enter(connection, event_type_code, actor, reason, garage_code, count_number, part_ids, at)
    if not done:
        words = f"nothing of count {count_number} is {' or '.join(_FROM[event_type_code])}"
        raise PartsbayError("WRONG_STATE", words, "See how far it is: partsbay count list.")
    return done


def _enter(
    connection: psycopg.Connection,
    event_type_code: str,
    actor: str,
    reason: str | None,
    garage_code: str | None,
    count_number: str | None,
    part_ids: list[UUID] | None,
    at: datetime | None,
) -> int:
    values = {
        "event_type_code": event_type_code, "states": list(_FROM[event_type_code]), "garage_code": garage_code,
        "count_number": count_number, "part_ids": part_ids, "reason": reason, "actor": actor,
        "at": at or datetime.now(UTC),
    }  # fmt: skip
    with _acting(connection, garage_code, actor, reason) as cursor:
        return cursor.execute(_ACT, values).rowcount


@contextmanager
def _acting(
    connection: psycopg.Connection, garage_code: str | None, actor: str, reason: str | None
) -> Iterator[psycopg.Cursor]:
    """An act on the counts of a garage, or of all, in a transaction; what the database refuses is said in our words."""
    try:
        with connection.transaction(), connection.cursor() as cursor:
            attribute(cursor, actor, reason)
            cursor.execute(_LOCK if garage_code else _LOCK_ALL, {"garage_code": garage_code})
            yield cursor
    except (CheckViolation, UniqueViolation) as error:
        match error.diag.constraint_name:
            case "count_events_two_persons":
                words = f"{error.diag.message_primary}"
                raise PartsbayError("TWO_PERSONS", words, "Let somebody review it who did not count.") from None
            case "count_events_in_order" | "count_events_pkey":
                words = "somebody else took the count on in the meantime"
                raise PartsbayError("WRONG_STATE", words, "See how far it is: partsbay count list.") from None
            case _:
                raise
