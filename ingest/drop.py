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
class DropFile:
    """A file at ``<drop>/<source_code>/[<kind>/]<file>``, by name, size and time of its last change."""

    path: Path
    source_code: str
    kind: str
    byte_count: int
    changed_at_ns: int


def drop_files(drop: Path, settle_seconds: float = 2.0) -> Iterator[DropFile]:
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


def _files(folder: Path, source_code: str, kind: str, latest_ns: int) -> Iterator[DropFile]:
    with os.scandir(folder) as entries:
        names = sorted(entries, key=lambda entry: entry.name)
    for entry in names:
        if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED) or not entry.is_file(follow_symlinks=False):
            continue
        status = entry.stat(follow_symlinks=False)
        if status.st_mtime_ns <= latest_ns or status.st_mtime_ns > time.time_ns() + 10**9:
            yield DropFile(Path(entry.path), source_code, kind, status.st_size, status.st_mtime_ns)


class SeenFiles:
    """Which files were landed, by path, size and change time, so that a look at thousands of old files reads none.

    Only a shortcut: without it every file would be hashed again and found to be a repeat.
    """

    def __init__(self, path: Path):
        self.path = Path(path)
        self._seen: dict[str, list[int]] = {}
        if self.path.exists():
            try:
                self._seen = json.loads(self.path.read_text())
            except ValueError:
                # A damaged memory is an empty one.
                self._seen = {}

    def is_new(self, file: DropFile) -> bool:
        return self._seen.get(str(file.path)) != [file.byte_count, file.changed_at_ns]

    def note(self, file: DropFile) -> None:
        self._seen[str(file.path)] = [file.byte_count, file.changed_at_ns]

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self._seen))
        os.replace(temporary, self.path)


def seen_files(landing: Path) -> SeenFiles:
    """The memory that belongs to a landing folder."""
    return SeenFiles(Path(landing) / "seen_files.json")


def waiting_files(drop: Path, landing: Path, settle_seconds: float = 2.0) -> list[DropFile]:
    """Files that have not been landed yet; cheap with thousands of old ones. For sensors."""
    seen = seen_files(landing)
    return [file for file in drop_files(drop, settle_seconds) if seen.is_new(file)]


def land_waiting(
    connection: psycopg.Connection, drop: Path, landing: Path, settle_seconds: float = 2.0
) -> list[Landed]:
    """Land every new file of the drop folder; afterwards their batches wait."""
    seen, landed = seen_files(landing), []
    for file in drop_files(drop, settle_seconds):
        if seen.is_new(file):
            landed.append(land(connection, landing, file.path, file.source_code, file.kind))
            seen.note(file)
    if landed:
        seen.save()
    return landed
