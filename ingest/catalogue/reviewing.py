"""Supersessions of files: what waits, and the decision of somebody else, about a whole batch or some of its lines.

What is approved holds from the moments that its line says, and is known from its approval on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.errors import CheckViolation
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.catalogue.refusing import refusal_of
from ingest.errors import SettingsError

APPROVED, REJECTED = "APPROVED", "REJECTED"

_BATCHES = """
select waiting.batch_id, batches.file_name, batches.source_code, count(*) as line_count,
    min(waiting.handed_in_by) as actor, min(waiting.recorded_at) as recorded_at
from catalogue.supersession_statements as waiting
left join ingest.batches using (batch_id)
where waiting.decision_code is null
group by waiting.batch_id, batches.file_name, batches.source_code
order by recorded_at, waiting.batch_id
"""
_NAME = """(
        select parts.brand_code || ' ' || parts.part_number from catalogue.parts
        where parts.part_id = waiting.{}_part_id
        order by parts.valid_from_at desc, parts.revision_number desc limit 1
    )"""
_LINES = f"""
select waiting.line_number, {_NAME.format("predecessor")} as part,
    -- A line of parts may name a part that is not there yet.
    coalesce({_NAME.format("successor")}, 'a part that is not there yet') as successor,
    waiting.conversion_quantity, waiting.direction_code, waiting.disposition_code, waiting.kit_group_code,
    waiting.effective_from_on, waiting.valid_from_at
from catalogue.supersessions_waiting as waiting
where waiting.batch_id = %s
order by waiting.line_number
limit %s
"""
_COUNT = """
select count(*) from catalogue.supersessions_waiting
where %(batch_ids)s::uuid[] is null or batch_id = any(%(batch_ids)s)
"""

_DECIDE = """
insert into catalogue.stated_decisions (batch_id, line_number, decision_code, reason, actor)
select waiting.batch_id, waiting.line_number, %(decision_code)s, %(reason)s, %(actor)s
from catalogue.supersessions_waiting as waiting
where waiting.batch_id = %(batch_id)s
    and (%(line_numbers)s::bigint[] is null or waiting.line_number = any(%(line_numbers)s))
returning line_number
"""
# What people wrote of the same moment stays, and what a line of parts names says nothing new of an edge that is there.
_ENTER = """
insert into catalogue.supersessions (
    predecessor_part_id, successor_part_id, valid_from_at, revision_number, kit_group_code, conversion_quantity,
    direction_code, disposition_code, effective_from_on, source_code, batch_id, line_number, actor, payload_hash,
    recorded_at
)
select stated.predecessor_part_id, stated.successor_part_id, stated.valid_from_at,
    1 + coalesce(max(edges.revision_number), 0), stated.kit_group_code, stated.conversion_quantity,
    stated.direction_code, stated.disposition_code, stated.effective_from_on, stated.source_code, stated.batch_id,
    stated.line_number, stated.actor, stated.payload_hash, clock_timestamp()
from catalogue.stated_supersessions as stated
left join catalogue.supersessions as edges using (predecessor_part_id, successor_part_id, valid_from_at)
where stated.batch_id = %(batch_id)s and stated.line_number = any(%(decided)s)
    and not (stated.is_of_part and exists (
        select from catalogue.supersessions as known
        where known.predecessor_part_id = stated.predecessor_part_id
            and known.successor_part_id = stated.successor_part_id and known.valid_from_at <= stated.valid_from_at
    ))
group by stated.batch_id, stated.line_number
having not coalesce(bool_or(edges.draft_id is not null), false)
"""


@dataclass(frozen=True)
class Decided:
    """How many lines of a batch were decided, and how many of them hold now."""

    line_count: int
    entered_count: int


def waiting_batches(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Batches with supersessions that nobody has decided, the oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_BATCHES).fetchall()


def waiting_lines(connection: psycopg.Connection, batch_id: UUID, limit: int = 200) -> list[dict[str, Any]]:
    """The supersessions of a batch that nobody has decided."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LINES, (batch_id, limit)).fetchall()


def waiting_count(connection: psycopg.Connection, batch_ids: Collection[UUID] | None = None) -> int:
    """How many supersessions of files nobody has decided; of these batches, or of all."""
    values = {"batch_ids": None if batch_ids is None else list(batch_ids)}
    return connection.execute(_COUNT, values).fetchone()[0]


def decide(
    connection: psycopg.Connection,
    batch_id: UUID,
    decision_code: str,
    reason: str,
    actor: str,
    line_numbers: Collection[int] | None = None,
) -> Decided:
    """Approve or reject what waits of a batch, or some lines of it: all of that, or nothing where one cannot stand.

    Refused for the sender and for who handed the file in.
    """
    if not reason.strip():
        raise SettingsError("NO_REASON", "the decision has no reason", "Say why, so that others can follow it.")
    values = {
        "batch_id": batch_id, "decision_code": decision_code, "reason": reason, "actor": actor,
        "line_numbers": None if line_numbers is None else list(line_numbers),
    }  # fmt: skip
    try:
        with connection.transaction(), connection.cursor() as cursor:
            attribute(cursor, actor, reason, batch_id=batch_id)
            # The next statement sees what was decided, and published, while this one waited.
            cursor.execute("select catalogue.lock_supersessions()")
            decided = [line_number for (line_number,) in cursor.execute(_DECIDE, values).fetchall()]
            _require(batch_id, decided, line_numbers)
            entered = 0
            if decision_code == APPROVED:
                entered = cursor.execute(_ENTER, {**values, "decided": decided}).rowcount
            return Decided(len(decided), entered)
    except CheckViolation as error:
        if refusal := refusal_of(error):
            raise refusal from None
        raise


def _require(batch_id: UUID, decided: list[int], line_numbers: Collection[int] | None) -> None:
    """Refuse to decide what does not wait."""
    missing = sorted(set(line_numbers or ()) - set(decided))
    if not decided or missing:
        lines = f"line {', '.join(map(str, missing))} of batch" if missing else "batch"
        words = f"no supersession of {lines} {batch_id} waits"
        raise SettingsError("NOTHING_WAITS", words, "See partsbay catalogue waiting.")
