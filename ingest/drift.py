"""Columns that come, go or change their type from one file of a sender to the next: noted, with what that does.

A new column is told. A column that the profile maps and the file lacks ends the batch until
somebody accepts it. Where most values of a column no longer fit their type, the rows are
refused one by one and the change is told as one. Without a profile of the sender's own nobody
promised optional columns, and JSON leaves out members without a value: one that goes is told
and no more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ingest.batches import Batch
from ingest.contracts import Contract, Type
from ingest.decisions import Decision, decide
from ingest.errors import PartsbayError
from ingest.profiles.columns import folded, sources
from ingest.profiles.model import ANY_SOURCE, Profile
from ingest.readers.limits import FileFault
from ingest.reading import Chunk

CODE = "SCHEMA_DRIFT"
RELATION = "ingest.drift_events"
_UNTYPED = re.compile(r"(?:PARSE|DATE): (\w+) is ")

_BEFORE = """
select column_names
from ingest.batches
left join ingest.profiles using (profile_version)
where batches.source_code = %(source_code)s and batches.kind = %(kind)s and batch_id <> %(batch_id)s
    and received_at <= %(received_at)s and state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE', 'HELD')
    and cardinality(column_names) > 0 and format_code = %(format_code)s
    and coalesce(content ->> 'files', '*') = %(files)s and not controls ? 'repairs'
order by received_at desc, batch_id desc
limit 1
"""
# An acceptance counts until the column was there again.
_ACCEPTED = """
select decisions.subject ->> 'column_name'
from ingest.decisions
inner join ingest.batches using (batch_id)
where subject_code = 'DRIFT' and decision_code = 'ACCEPT' and source_code = %(source_code)s and kind = %(kind)s
    and not exists (
        select from ingest.batches as later
        where (later.source_code, later.kind) = (batches.source_code, batches.kind)
            and later.received_at > decisions.recorded_at and later.received_at < %(received_at)s
            and later.state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE', 'HELD')
            and decisions.subject ->> 'column_name' = any(later.column_names)
    )
"""


@dataclass(frozen=True)
class Change:
    """One column that differs, and what that does to the batch: INFORM, QUARANTINE or FAIL."""

    change_code: str
    column_name: str
    effect_code: str
    row_count: int = 0
    details: dict[str, Any] = field(default_factory=dict)


class Watch:
    """Compares one batch with the one before it and with its profile, while it is read.

    ``changes`` is a list that the caller gives, so that it also has them where the reading ends early.
    """

    def __init__(
        self,
        cursor: psycopg.Cursor,
        batch: Batch,
        profile: Profile,
        contract: Contract,
        format_code: str,
        changes: list[Change],
    ):
        self._connection, self._batch, self._profile = cursor.connection, batch, profile
        self._contract, self._changes = contract, changes
        self._values = {**batch.__dict__, "controls": None, "format_code": format_code, "files": profile.files}
        row = self._connection.execute(_BEFORE, self._values).fetchone()
        self._before: list[str] | None = row[0] if row else None
        self._used: dict[str, list[str]] = {}
        self._typed: Counter[str] = Counter()
        self._untyped: Counter[str] = Counter()
        # Rows that were known before fitted then.
        self._known_count = 0
        self._measured = [c.name for c in contract.columns if c.type is not Type.TEXT]

    def columns(self, names: Sequence[str]) -> tuple[set[str], FileFault | None]:
        """Compare the columns of the file: which canonical ones may be missing, and a fault if one may not."""
        self._used = sources(names, self._profile, self._contract)
        missing = self._missing(names)
        accepted = self._accepted() if missing else set()
        previous = {folded(name) for name in self._before or ()}
        for name, canonical in missing.items():
            effect = self._effect(canonical)
            if effect == "FAIL" and name in accepted:
                effect = "INFORM"
            if effect == "FAIL" or folded(name) in previous:
                details = {"fills": canonical} if canonical else {}
                self._changes.append(Change("MISSING_COLUMN", name, effect, 0, details))
        used = {column for columns in self._used.values() for column in columns}
        known = previous if self._before is not None else {folded(name) for name in used}
        for name in dict.fromkeys(names):
            if folded(name) not in known:
                self._changes.append(Change("NEW_COLUMN", name, "INFORM", 0, {"is_used": name in used}))
        required = self._contract.required_names
        failed = [one for one in self._changes if one.effect_code == "FAIL" and one.details["fills"] not in required]
        # A required column is named by the reading itself: no acceptance helps there.
        return {canonical for canonical in missing.values() if canonical not in required}, self._fault(failed)

    def _missing(self, names: Sequence[str]) -> dict[str, str | None]:
        """Columns that the file lacks → the canonical column that nothing fills now."""
        present = {folded(name) for name in names}
        found: dict[str, str | None] = {
            wanted[0]: canonical for canonical, wanted in self._profile.columns.items() if canonical not in self._used
        }
        filled_before = sources(self._before or (), self._profile, self._contract)
        fills = {column: canonical for canonical, columns in filled_before.items() for column in columns}
        for name in self._before or ():
            if folded(name) not in present and name not in found:
                canonical = fills.get(name)
                found[name] = canonical if canonical not in self._used else None
        return found

    def _effect(self, canonical: str | None) -> str:
        if canonical is None or canonical in self._profile.defaults:
            return "INFORM"
        is_promised = self._profile.source_code != ANY_SOURCE or canonical in self._profile.columns
        is_promised &= self._values["format_code"] not in ("json", "jsonl")
        return "FAIL" if is_promised or canonical in self._contract.required_names else "INFORM"

    def _accepted(self) -> set[str]:
        return {name for (name,) in self._connection.execute(_ACCEPTED, self._values)}

    def _fault(self, lacking: list[Change]) -> FileFault | None:
        if not lacking:
            return None
        first, listed = lacking[0].column_name, ", ".join(change.column_name for change in lacking)
        return FileFault(
            CODE,
            f"line 1: {listed} missing, which the sender's files have had or its profile maps",
            f"Send the file with its columns, or accept the change: partsbay drift accept {self._batch.batch_id}"
            f" '{first}' --reason WHY.",
            line_number=1,
        )

    def saw(self, chunk: Chunk) -> None:
        """Count the values of one chunk that fit their types, and those that do not."""
        for reasons in chunk.bad.values():
            self._untyped.update(found[1] for reason in reasons if (found := _UNTYPED.match(reason)))
        self._known_count += chunk.aside.count
        for name in self._measured:
            if name in chunk.table.column_names:
                self._typed[name] += chunk.table.num_rows - chunk.table[name].null_count

    def finish(self) -> None:
        """Note the columns most of whose values no longer fit."""
        if self._before is None:
            return
        for name, untyped in self._untyped.items():
            if untyped > self._typed[name] + self._known_count and name in self._measured:
                column = self._used.get(name, [name])[0]
                details = {"fills": name, "fitting_count": self._typed[name]}
                self._changes.append(Change("TYPE_CHANGE", column, "QUARANTINE", untyped, details))


_INSERT = """
insert into ingest.drift_events (batch_id, change_code, column_name, effect_code, row_count, details)
values (%(batch_id)s, %(change_code)s, %(column_name)s, %(effect_code)s, %(row_count)s, %(details)s)
on conflict do nothing
"""


def record(cursor: psycopg.Cursor, batch_id: UUID, changes: list[Change]) -> None:
    """Keep what differs in a batch, once."""
    if changes:
        rows = [{**change.__dict__, "details": Jsonb(change.details), "batch_id": batch_id} for change in changes]
        cursor.executemany(_INSERT, rows)


_LISTED = """
select
    batch_id, source_code as source, kind, file_name, received_at, state, change_code, column_name, effect_code,
    row_count, events.details, events.recorded_at, accepted.reason as accepted_reason, accepted.actor as accepted_by
from ingest.drift_events as events
inner join ingest.batches using (batch_id)
left join lateral (
    select reason, actor from ingest.decisions
    where decisions.batch_id = events.batch_id and subject_code = 'DRIFT'
        and subject ->> 'column_name' = events.column_name
    order by decisions.recorded_at desc
    limit 1
) as accepted on true
where %(source)s::text is null or source_code = %(source)s
order by events.recorded_at desc, batch_id, change_code, column_name
limit %(limit)s
"""


def drift_events(connection: psycopg.Connection, source: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """What differed in which batch, newest first, and who accepted it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LISTED, {"source": source, "limit": limit}).fetchall()


_FIND = "select 1 from ingest.drift_events where batch_id = %s and column_name = %s and change_code = 'MISSING_COLUMN'"
_WAITING = """
select others.batch_id
from ingest.batches
inner join ingest.batches as others using (source_code, kind)
where batches.batch_id = %s and others.state = 'REJECTED' and others.error_code = %s
order by others.received_at, others.batch_id
"""


def accept(connection: psycopg.Connection, batch_id: UUID, column_name: str, reason: str, actor: str) -> list[UUID]:
    """Accept that a sender no longer has a column; returns its batches that were refused for such a change."""
    with connection.transaction(), connection.cursor() as cursor:
        if not cursor.execute(_FIND, (batch_id, column_name)).fetchone():
            words = f"batch {batch_id} does not lack a column '{column_name}'"
            raise PartsbayError("NO_SUCH_DRIFT", words, "See partsbay drift list.")
        subject = {"column_name": column_name, "change_code": "MISSING_COLUMN"}
        decide(cursor, Decision("DRIFT", "ACCEPT", batch_id, reason, actor, subject=subject), RELATION, 1)
        return [found for (found,) in cursor.execute(_WAITING, (batch_id, CODE)).fetchall()]
