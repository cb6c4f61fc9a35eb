"""Take batches again from their raw bytes, in the order in which they came: the same rules give the same tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from ingest.batches import BatchSummary, summary
from ingest.errors import PartsbayError
from ingest.pipeline import process
from ingest.profiles.folder import Profiles
from ingest.thresholds import Thresholds
from ingest.verdicts import Judge

_COUNTS = ("state", "rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "rows_held", "error_code")


@dataclass(frozen=True)
class Range:
    """Which batches are meant; whatever is None leaves nothing out. ``until`` itself is not in it."""

    source: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Retaken:
    """A batch before and after it was taken again, and how many of its rows are still open."""

    before: BatchSummary
    after: BatchSummary
    open_count: int

    @property
    def changes(self) -> dict[str, list[Any]]:
        """What is different now: name → before and after."""
        pairs = {name: [getattr(self.before, name), getattr(self.after, name)] for name in _COUNTS}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def needs_attention(self) -> bool:
        return self.after.error is not None or self.open_count > 0

    def as_dict(self) -> dict[str, Any]:
        """The shape that commands print."""
        return {**self.after.as_dict(), "changes": self.changes, "rows_open": self.open_count}


# A batch of an unknown kind has no rows to take; one that a person discarded stays so.
_IN_RANGE = """
select batch_id from ingest.batches
where (%(source)s::text is null or source_code = %(source)s)
    and (%(kind)s::text is null or kind = %(kind)s)
    and (%(since)s::timestamptz is null or received_at >= %(since)s)
    and (%(until)s::timestamptz is null or received_at < %(until)s)
    and (%(ids)s::uuid[] is null or batch_id = any(%(ids)s))
    and kind <> 'unknown' and error_code is distinct from 'DISCARDED'
order by received_at, file_name, batch_id
"""


def batches_in(connection: psycopg.Connection, wanted: Range, ids: Iterable[UUID] | None = None) -> list[UUID]:
    """The batches of a range that can be taken again, in the order in which they came."""
    values = {**wanted.__dict__, "ids": list(ids) if ids is not None else None}
    return [batch_id for (batch_id,) in connection.execute(_IN_RANGE, values)]


def check_retakable(connection: psycopg.Connection, ids: Iterable[UUID]) -> list[UUID]:
    """The batches named, in the order in which they came; raises for one that cannot be taken again."""
    ids = list(ids)
    found = batches_in(connection, Range(), ids)
    if missing := [batch_id for batch_id in ids if batch_id not in found]:
        words = f"batch {missing[0]} cannot be taken again: it is not there, was never recognised, or was discarded"
        raise PartsbayError("NOT_RETAKABLE", words, "See partsbay quarantine list; send an unknown file by its kind.")
    return found


def take_again(
    connection: psycopg.Connection,
    landing: Path,
    batch_ids: Iterable[UUID],
    judge: Judge,
    profiles: Profiles | None = None,
    progress: Callable | None = None,
    actor: str = "pipeline",
    thresholds: Thresholds | None = None,
) -> Iterator[Retaken]:
    """Take each batch once more, each in a transaction of its own; what is stored already stays as it is."""
    for batch_id in batch_ids:
        before = summary(connection, batch_id)
        options = {"progress": progress, "profiles": profiles, "again": True, "actor": actor, "thresholds": thresholds}
        after = process(connection, landing, batch_id, judge, **options)
        [open_count] = connection.execute(
            "select count(*) from ingest.quarantined_rows where batch_id = %s and status = 'OPEN'", (batch_id,)
        ).fetchone()
        yield Retaken(before, after, open_count)
