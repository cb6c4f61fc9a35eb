"""Keep what arrives as raw bytes under its sha-256, once; the same bytes again change nothing."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from ingest.contracts import CONTRACTS
from ingest.errors import SettingsError
from ingest.exports import shown_name
from ingest.profiles.folder import Profiles
from ingest.readers.limits import MEBIBYTE, FileFault
from ingest.reading import recognise_kinds
from ingest.repair import original_of

UNKNOWN = "unknown"
_PART_BYTES, _SYNCED_BYTES = 4 * MEBIBYTE, 32 * MEBIBYTE
# Files that are kept at a time: a disk syncs several in about the time of one; and that are entered together.
_KEEPERS, _GROUP_COUNT = 8, 200


@dataclass(frozen=True)
class Landed:
    """An arrival: its batch, and whether the same bytes had arrived before."""

    batch_id: UUID
    kind: str
    source_code: str
    sha256: str
    file_name: str
    is_repeat: bool


@dataclass(frozen=True)
class Kept:
    """A file whose bytes lie in the landing folder; its name there is safe once the folder is synced."""

    path: Path
    sha256: str
    byte_count: int


def stored_path(landing: Path, sha256: str) -> Path:
    """Where the bytes with this sha-256 are kept."""
    return Path(landing) / sha256[:2] / sha256


def land(
    connection: psycopg.Connection,
    landing: Path,
    path: Path,
    source_code: str,
    kind: str = "auto",
    received_at: datetime | None = None,
    profiles: Profiles | None = None,
    controls: Mapping[str, Any] | None = None,
    file_name: str | None = None,
) -> list[Landed]:
    """Keep a file's bytes and enter it in the ledger, once per kind that it carries, in one transaction.

    ``auto`` asks the sender's profiles, then the format, then the columns. A file that cannot
    be recognised is kept too, as a REJECTED batch of kind ``unknown`` that says why.
    ``controls`` are totals that came beside the file: see ``ingest.controls``. ``file_name`` is
    what the sender calls the file, where that is not the name of ``path``. An edited export of
    refused rows belongs to the source and kind of the batch that it repairs, whoever hands it in.
    """
    check_arrivals([path], kind)
    landing = Path(landing)
    kept = _keep(landing, Path(path))
    sync_folders(landing, [kept])
    known = profiles or Profiles(None)
    return _enter_kept(connection, landing, kept, source_code, kind, received_at, known, controls, file_name)


def land_all(
    connection: psycopg.Connection,
    landing: Path,
    paths: Iterable[Path],
    source_code: str,
    kind: str = "auto",
    profiles: Profiles | None = None,
    actor: str | None = None,
) -> list[Landed]:
    """Land many files of one sender: as ``land`` does each, but the disk is asked to sync several at a time.

    A name that is no file is refused before the first one is kept. A group of files is entered in
    one transaction, once all of its bytes are safe. ``actor`` is who hands them in.
    """
    paths, landing, landed = [Path(path) for path in paths], Path(landing), []
    check_arrivals(paths, kind)
    known = profiles or Profiles(None)
    with ThreadPoolExecutor(_KEEPERS) as keepers:
        for first in range(0, len(paths), _GROUP_COUNT):
            group = list(keepers.map(partial(_keep, landing), paths[first : first + _GROUP_COUNT]))
            sync_folders(landing, group)
            with connection.transaction():
                for kept in group:
                    landed += _enter_kept(connection, landing, kept, source_code, kind, None, known, actor=actor)
    return landed


def check_arrivals(paths: Iterable[Path], kind: str) -> None:
    """Refuse an unknown kind, and names that are no files."""
    if kind != "auto" and kind not in CONTRACTS:
        kinds = ", ".join(CONTRACTS)
        raise SettingsError("UNKNOWN_KIND", f"there is no kind '{kind}'", f"Use auto or one of: {kinds}.")
    for path in paths:
        if not Path(path).is_file():
            raise SettingsError("NO_SUCH_FILE", f"{path} is not a file", "Name a file that exists.")


def _enter_kept(
    connection: psycopg.Connection,
    landing: Path,
    kept: Kept,
    source_code: str,
    kind: str,
    received_at: datetime | None,
    profiles: Profiles,
    controls: Mapping[str, Any] | None = None,
    file_name: str | None = None,
    actor: str | None = None,
) -> list[Landed]:
    """Enter a file whose bytes are kept, once per kind that it carries."""
    file_name = shown_name(file_name or kept.path.name)
    kinds, fault, repairs = (kind,), None, {}
    stored = stored_path(landing, kept.sha256)
    original, broken = _repaired(connection, stored)
    if broken:
        kinds, fault = (UNKNOWN,), broken
    elif original:
        repairs = {"repairs": original["batch_id"], "handed_in_by": source_code}
        kinds, source_code = (original["kind"],), original["source_code"]
    elif kind == "auto":
        kinds, fault = _recognised(stored, source_code, file_name, profiles)
    arrival = {
        "sha256": kept.sha256,
        "source_code": source_code,
        "file_name": file_name,
        "actor": actor,
        "byte_count": kept.byte_count,
        "received_at": received_at or datetime.now(UTC),
        "controls": Jsonb(({"declared": dict(controls)} if controls else {}) | repairs),
    }
    with connection.transaction():
        return [_enter(connection, {**arrival, "kind": kind}, fault) for kind in kinds]


def _repaired(connection: psycopg.Connection, path: Path) -> tuple[dict[str, str] | None, FileFault | None]:
    """The batch that a file repairs, or why nobody can say which."""
    try:
        return original_of(connection, path), None
    except FileFault as fault:
        return None, fault


def _recognised(
    path: Path, source_code: str, file_name: str, profiles: Profiles
) -> tuple[tuple[str, ...], FileFault | None]:
    try:
        return profiles.kinds_for(source_code, file_name) or recognise_kinds(path), None
    except FileFault as fault:
        return (UNKNOWN,), fault
    except SettingsError as error:
        return (UNKNOWN,), FileFault(error.code, error.message, error.mend)


def _keep(landing: Path, path: Path) -> Kept:
    """Copy to a temporary file in the landing folder, sync, and give it its name: never half a file under it."""
    landing.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as source, tempfile.NamedTemporaryFile(dir=landing, prefix=".arriving-", delete=False) as copy:
        try:
            sha256, byte_count = _copy(source, copy)
            target = stored_path(landing, sha256)
            target.parent.mkdir(exist_ok=True)
            os.chmod(copy.name, 0o444)
            os.replace(copy.name, target)
        except BaseException:
            Path(copy.name).unlink(missing_ok=True)
            raise
    return Kept(path, sha256, byte_count)


def sync_folders(landing: Path, kept: Iterable[Kept]) -> None:
    """Make the names of kept files safe."""
    for folder in sorted({stored_path(landing, one.sha256).parent for one in kept}):
        _sync_folder(folder)


def _copy(source: BinaryIO, copy: BinaryIO) -> tuple[str, int]:
    """Copy and sync; sha-256 and size. A part is hashed, and those before it are synced, while the next is read."""
    digest, byte_count = hashlib.sha256(), 0
    if (size := os.fstat(source.fileno()).st_size) < _PART_BYTES and len(part := source.read(size + 1)) <= size:
        # Threads for a small file would take longer than the file.
        copy.write(part)
        copy.flush()
        os.fsync(copy.fileno())
        return hashlib.sha256(part).hexdigest(), len(part)
    source.seek(0)
    with ThreadPoolExecutor(1) as hasher, ThreadPoolExecutor(1) as syncer:
        hashed = synced = None
        while part := source.read(_PART_BYTES):
            _wait_for(hashed)
            hashed = hasher.submit(digest.update, part)
            copy.write(part)
            byte_count += len(part)
            if byte_count % _SYNCED_BYTES == 0:
                # A disk that fails says so once: to whoever asked it to sync.
                _wait_for(synced)
                copy.flush()
                synced = syncer.submit(os.fdatasync, copy.fileno())
        _wait_for(hashed)
        _wait_for(synced)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest(), byte_count


def _wait_for(future: Future | None) -> None:
    if future:
        future.result()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_INSERT_BATCH = """
insert into ingest.batches (sha256, kind, source_code, file_name, byte_count, received_at, controls, state, error_code,
    error, finished_at)
values (%(sha256)s, %(kind)s, %(source_code)s, %(file_name)s, %(byte_count)s, %(received_at)s, %(controls)s, %(state)s,
    %(error_code)s, %(error)s, %(finished_at)s)
on conflict (source_code, kind, sha256) do nothing
returning batch_id
"""
_FIND_BATCH = """
select batch_id from ingest.batches
where source_code = %(source_code)s and kind = %(kind)s and sha256 = %(sha256)s
"""


def _enter(connection: psycopg.Connection, arrival: dict[str, Any], fault: FileFault | None) -> Landed:
    values = {
        **arrival,
        "state": "REJECTED" if fault else "LANDED",
        "error_code": fault.code if fault else None,
        "error": f"{arrival['file_name']}: {fault.message}. {fault.mend}" if fault else None,
        "finished_at": arrival["received_at"] if fault else None,
    }
    row = connection.execute(_INSERT_BATCH, values).fetchone()
    is_repeat = row is None
    batch_id = (row or connection.execute(_FIND_BATCH, values).fetchone())[0]
    connection.execute(
        "insert into ingest.deliveries (batch_id, file_name, is_repeat, actor) values (%s, %s, %s, %s)",
        (batch_id, arrival["file_name"], is_repeat, arrival["actor"]),
    )
    return Landed(batch_id, arrival["kind"], arrival["source_code"], arrival["sha256"], arrival["file_name"], is_repeat)
