"""The drop folder: what has arrived there and is complete. Files stay where they are; the ledger says what is new."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ingest.contracts import CONTRACTS
from ingest.landing import Landed, land

_UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload")


@dataclass(frozen=True)
class WaitingFile:
    """A file at ``<drop>/<source_code>/[<kind>/]<file>``, by name, size and time of its last change."""

    path: Path
    source_code: str
    kind: str
    byte_count: int
    changed_at_ns: int


def drop_files(drop: Path, settle_seconds: float = 2.0) -> Iterator[WaitingFile]:
    """Every complete file, by path; hidden, half-uploaded and just changed files are left for the next look."""
    latest = time.time_ns() - int(settle_seconds * 1e9)
    for source in _folders(Path(drop)):
        yield from _files(source, source.name, "auto", latest)
        for kind in _folders(source):
            if kind.name in CONTRACTS:
                yield from _files(kind, source.name, kind.name, latest)


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith("."))


def _files(folder: Path, source_code: str, kind: str, latest_ns: int) -> Iterator[WaitingFile]:
    with os.scandir(folder) as entries:
        names = sorted(entries, key=lambda entry: entry.name)
    for entry in names:
        if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED) or not entry.is_file(follow_symlinks=False):
            continue
        status = entry.stat(follow_symlinks=False)
        if status.st_mtime_ns <= latest_ns or status.st_mtime_ns > time.time_ns() + 10**9:
            yield WaitingFile(Path(entry.path), source_code, kind, status.st_size, status.st_mtime_ns)


class _Memory:
    """Which files were landed as which batch, by path, size and change time: a look at old files reads none of them.

    Only a shortcut beside the ledger: an entry counts as long as its batch is in the
    ledger, and without it a file would be hashed again and found to be a repeat.
    """

    def __init__(self, connection: psycopg.Connection, drop: Path):
        self.path = Path(drop) / ".landed_files.json"
        known = _read(self.path)
        batch_ids = list({entry[2] for entry in known.values()})
        rows = connection.execute(
            "select batch_id::text from ingest.batches where batch_id = any(%s::uuid[])", (batch_ids,)
        )
        present = {row[0] for row in rows.fetchall()}
        self._known = {path: entry for path, entry in known.items() if entry[2] in present}

    def is_new(self, file: WaitingFile) -> bool:
        return self._known.get(str(file.path), [])[:2] != [file.byte_count, file.changed_at_ns]

    def note(self, file: WaitingFile, landed: Landed) -> None:
        self._known[str(file.path)] = [file.byte_count, file.changed_at_ns, str(landed.batch_id)]

    def save(self) -> None:
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self._known))
        os.replace(temporary, self.path)


def _read(path: Path) -> dict[str, list]:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        # No memory, or a damaged one, costs time and nothing else.
        return {}


def waiting_files(connection: psycopg.Connection, drop: Path, settle_seconds: float = 2.0) -> list[WaitingFile]:
    """Complete files that are not landed yet; cheap beside thousands of old ones."""
    memory = _Memory(connection, drop)
    return [file for file in drop_files(drop, settle_seconds) if memory.is_new(file)]


def land_waiting(
    connection: psycopg.Connection, drop: Path, landing: Path, settle_seconds: float = 2.0
) -> list[Landed]:
    """Land every new file of the drop folder; afterwards their batches wait."""
    memory, landed = _Memory(connection, drop), []
    for file in drop_files(drop, settle_seconds):
        if memory.is_new(file):
            landed += land(connection, landing, file.path, file.source_code, file.kind)
            memory.note(file, landed[-1])
    if landed:
        memory.save()
    return landed
