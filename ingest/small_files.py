"""Many small files in one run: their values are judged together before each is taken by itself.

Judging has a price per question, whatever it is about, and a file of a hundred lines asks
as many questions as one of a million. A judge that remembers what it said of values (the
suites do) answers once for hundreds of files; each batch is then judged, stored and entered
exactly as if it came alone, in a transaction of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

import pyarrow as pa

from ingest.contracts import CONTRACTS
from ingest.landing import stored_path
from ingest.profiles.envelopes import as_canonical_envelope, given_columns
from ingest.profiles.folder import Profiles
from ingest.readers.formats import recognise_format
from ingest.readers.limits import MEBIBYTE, Limits
from ingest.reading import Reading
from ingest.verdicts import Judge

# What counts as small, and how much is judged together.
_SMALL_BYTES = MEBIBYTE
_GROUP_BYTES = 1.5 * MEBIBYTE
_GROUP_COUNT = 500


class Arrival(Protocol):
    """What is known of a batch before it is read."""

    kind: str
    source_code: str
    sha256: str
    file_name: str


Waiting = TypeVar("Waiting", bound=Arrival)


def judged_ahead(
    waiting: Iterable[Waiting],
    landing: Path,
    judge: Judge,
    profiles: Profiles | None = None,
    limits: Limits | None = None,
) -> Iterator[Waiting]:
    """The same batches in the same order; before the first of several small ones of a kind, all of these are judged."""
    waiting, ahead = list(waiting), 0
    for place, batch in enumerate(waiting):
        if place >= ahead:
            group = _group(waiting[place : place + _GROUP_COUNT], landing)
            ahead = place + max(1, len(group))
            if len(group) > 1:
                _learn(group, landing, judge, profiles or Profiles(None), limits or Limits())
        yield batch


def _group(waiting: list[Waiting], landing: Path) -> list[Waiting]:
    """The first batches, as long as they are small, of one kind, and not too much together."""
    group: list[Waiting] = []
    total = 0
    for batch in waiting:
        path = stored_path(landing, batch.sha256)
        size = path.stat().st_size if path.is_file() else _SMALL_BYTES + 1
        total += size
        if batch.kind not in CONTRACTS or size > _SMALL_BYTES or total > _GROUP_BYTES or batch.kind != waiting[0].kind:
            break
        group.append(batch)
    return group


def _learn(group: list[Waiting], landing: Path, judge: Judge, profiles: Profiles, limits: Limits) -> None:
    """Let the judge see all rows of a group at once; what it says of rows is said again when each batch is taken."""
    contract = CONTRACTS[group[0].kind]
    alike: dict[tuple[str, ...], list[pa.Table]] = defaultdict(list)
    for batch in group:
        try:
            for table in _tables(batch, landing, profiles, limits):
                alike[tuple(table.column_names)].append(table)
        except Exception:
            # What is wrong with a file, or with us, is said when it is taken itself.
            continue
    for tables in alike.values():
        with suppress(Exception):
            judge(pa.concat_tables(tables), contract, datetime.now(UTC))


def _tables(batch: Arrival, landing: Path, profiles: Profiles, limits: Limits) -> Iterator[pa.Table]:
    path, contract = stored_path(landing, batch.sha256), CONTRACTS[batch.kind]
    profile = profiles.find(batch.source_code, batch.kind, batch.file_name)
    reading = Reading(path, contract, profile, profile.format or recognise_format(path, limits), limits)
    envelope = as_canonical_envelope(reading.envelope(), profile, batch.file_name)
    reading.constants = given_columns(envelope, profile, contract, batch.source_code, datetime.now(UTC))
    for chunk in reading.chunks():
        yield chunk.table
