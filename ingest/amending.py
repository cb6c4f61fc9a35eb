"""What was decided about single rows before, applied when their batch, or the repair of it, is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from ingest.audit import append
from ingest.batches import Batch
from ingest.exports import restored
from ingest.profiles.model import Profile
from ingest.quarantine import RELATION, settled_lines
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Raw, Reasons, Records
from ingest.reading import Aside
from ingest.repair import ERROR, REFERENCE, ROW, profile_of

# As many as a batch lists: of more bad rows nobody could say which they are.
_MOST_ROWS = 100_000
Amend = Callable[[Records], tuple[Records, Aside]]


@dataclass
class Repair:
    """One repair batch while it is read: which row each of its rows stands for, and what became of that row."""

    batch_id: UUID
    original_id: UUID
    profile: Profile
    stated_at: str | None
    statuses: dict[int, tuple[str, UUID | None]]
    lines: dict[int, int] = field(default_factory=dict)
    _taken: set[int] = field(default_factory=set)

    def take(self, records: Records) -> tuple[Records, Aside]:
        """The rows as their sender would have sent them, without those that are stored already."""
        texts = records.texts
        if ROW not in texts.column_names:
            raise FileFault("REPAIR", f"line 1: the column {ROW} is missing", "Keep the columns of the export.", 1)
        bad: Reasons = dict(records.bad)
        known: set[int] = set()
        for number, said in zip(records.numbers.to_pylist(), texts[ROW].to_pylist(), strict=True):
            if reason := self._refusal(number, (said or "").strip().lower()):
                bad[number] = [reason]
            elif self._is_stored(self.lines[number]):
                known.add(number)
        if len(self.lines) > _MOST_ROWS:
            raise FileFault("TOO_LARGE", f"a repair has at most {_MOST_ROWS} rows", "Repair them in several files.")
        texts = texts.drop_columns([name for name in (ROW, ERROR) if name in texts.column_names])
        records = Records(_restored(texts), records.numbers, bad, records.unpacked_bytes)
        return _without(records, known | set(bad)), Aside(duplicate_count=len(known))

    def _refusal(self, number: int, said: str) -> str | None:
        """Why a row cannot stand for the one it names; otherwise it is noted that it does."""
        found = REFERENCE.fullmatch(said)
        line = int(found[2]) if found else 0
        if not found or UUID(found[1]) != self.original_id or line not in self.statuses:
            return f"REPAIR: {ROW} is '{said[:80]}', no refused row of batch {self.original_id}"
        if line in self._taken:
            return f"REPAIR: {ROW} is '{said[:80]}', which stands on an earlier line"
        if self.statuses[line][0] == "DISCARDED":
            return f"DISCARDED: line {line} of batch {self.original_id} was discarded"
        self.lines[number] = line
        self._taken.add(line)
        return None

    def _is_stored(self, line: int) -> bool:
        status, repaired_by = self.statuses[line]
        return status == "REPLAYED" and repaired_by != self.batch_id

    def settle(self, cursor: psycopg.Cursor, bad: Reasons, state: str, actor: str) -> None:
        """Settle the rows whose repair is good: REPLAYED when it is stored, FIXED while its batch is held."""
        values = {"original_id": self.original_id, "batch_id": self.batch_id}
        refused = {number: line for number, line in self.lines.items() if number in bad}
        cursor.execute(_REFER_BACK, {**values, "numbers": list(refused), "lines": list(refused.values())})
        if state == "REJECTED":
            return
        good = [line for number, line in self.lines.items() if number not in bad]
        status = "FIXED" if state == "HELD" else "REPLAYED"
        if cursor.execute(_SETTLE, {**values, "lines": good, "status": status}).rowcount:
            append(cursor, actor, "REPAIR", RELATION, self.batch_id, len(good), {"repairs": str(self.original_id)})


# Rows of earlier repairs that stand for the same row are settled with it.
_SETTLE = """
update ingest.quarantined_rows
set status = %(status)s, repaired_by_batch_id = %(batch_id)s, status_reason = 'repaired'
where status in ('OPEN', 'FIXED')
    and (
        (batch_id = %(original_id)s and line_number = any(%(lines)s))
        or (repairs_batch_id = %(original_id)s and repairs_line_number = any(%(lines)s))
    )
"""
_REFER_BACK = """
update ingest.quarantined_rows
set repairs_batch_id = %(original_id)s, repairs_line_number = refused.repaired
from unnest(%(numbers)s::bigint[], %(lines)s::bigint[]) as refused (line_number, repaired)
where batch_id = %(batch_id)s and quarantined_rows.line_number = refused.line_number
    and repairs_batch_id is null
"""
_LOCK = "select 1 from ingest.batches where batch_id = %s for update"
_STATUSES = "select line_number, status, repaired_by_batch_id from ingest.quarantined_rows where batch_id = %s"


def repair_of(cursor: psycopg.Cursor, batch: Batch, path: Path, limits: Limits) -> Repair | None:
    """The repair that a batch is; None for an ordinary batch. Whoever else settles the same rows waits for this one."""
    if "repairs" not in batch.controls:
        return None
    original_id = UUID(batch.controls["repairs"])
    cursor.connection.execute(_LOCK, (original_id,))
    profile, stated_at = profile_of(cursor, original_id, path, limits)
    found = cursor.connection.execute(_STATUSES, (original_id,)).fetchall()
    statuses = {line: (status, repaired_by) for line, status, repaired_by in found}
    return Repair(batch.batch_id, original_id, profile, stated_at, statuses)


def amendments(cursor: psycopg.Cursor, batch: Batch, repair: Repair | None) -> Amend | None:
    """What to do with the rows of a batch before anything else; None where nothing was decided about them."""
    settled = settled_lines(cursor, batch.batch_id) if batch.state != "LANDED" else frozenset()
    if not settled:
        return repair.take if repair else None

    def amend(records: Records) -> tuple[Records, Aside]:
        present = settled & {*records.numbers.to_pylist(), *records.bad}
        bad = {number: reasons for number, reasons in records.bad.items() if number not in present}
        kept = _without(Records(records.texts, records.numbers, bad, records.unpacked_bytes), present)
        rest, aside = repair.take(kept) if repair else (kept, Aside())
        return rest, Aside(len(present), aside.duplicate_count)

    return amend


def _without(records: Records, numbers: set[int]) -> Records:
    if not numbers:
        return records
    keep = pc.invert(pc.is_in(records.numbers, pa.array(sorted(numbers), pa.int64())))
    return Records(records.texts.filter(keep), records.numbers.filter(keep), records.bad, records.unpacked_bytes)


def _restored(texts: pa.Table) -> pa.Table:
    """Every value as it was before the export made it harmless for spreadsheet programs."""
    columns = [pa.array([restored(value) for value in column.to_pylist()], pa.string()) for column in texts.columns]
    return pa.table(columns, names=[restored(name) for name in texts.column_names]) if columns else texts


def raw_with_places(raw: dict[int, Raw], repair: Repair | None) -> dict[int, Raw]:
    """Raw rows whose place says which row each repairs."""
    lines = repair.lines if repair else {}
    return {
        number: Raw(one.text, f"{one.place}, repairs line {lines[number]}") if number in lines else one
        for number, one in raw.items()
    }
