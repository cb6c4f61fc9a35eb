"""Keep what arrives as raw bytes under its sha-256, once; the same bytes again change nothing."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
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


@dataclass(frozen=True)
class Landed:
    """An arrival: its batch, and whether the same bytes had arrived before."""

    batch_id: UUID
    kind: str
    source_code: str
    sha256: str
    file_name: str
    is_repeat: bool


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
    if kind != "auto" and kind not in CONTRACTS:
        kinds = ", ".join(CONTRACTS)
        raise SettingsError("UNKNOWN_KIND", f"there is no kind '{kind}'", f"Use auto or one of: {kinds}.")
    path, file_name = Path(path), shown_name(file_name or Path(path).name)
    if not path.is_file():
        raise SettingsError("NO_SUCH_FILE", f"{path} is not a file", "Name a file that exists.")
    sha256, byte_count = _keep(Path(landing), path)
    kinds, fault, repairs = (kind,), None, {}
    original, broken = _repaired(connection, stored_path(landing, sha256))
    if broken:
        kinds, fault = (UNKNOWN,), broken
    elif original:
        repairs = {"repairs": original["batch_id"], "handed_in_by": source_code}
        kinds, source_code = (original["kind"],), original["source_code"]
    elif kind == "auto":
        kinds, fault = _recognised(stored_path(landing, sha256), source_code, file_name, profiles or Profiles(None))
    arrival = {
        "sha256": sha256,
        "source_code": source_code,
        "file_name": file_name,
        "byte_count": byte_count,
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


def _keep(landing: Path, path: Path) -> tuple[str, int]:
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
    _sync_folder(target.parent)
    return sha256, byte_count


def _copy(source: BinaryIO, copy: BinaryIO) -> tuple[str, int]:
    """Copy and sync; sha-256 and size. A part is hashed, and those before it are synced, while the next is read."""
    digest, byte_count = hashlib.sha256(), 0
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
        "insert into ingest.deliveries (batch_id, file_name, is_repeat) values (%s, %s, %s)",
        (batch_id, arrival["file_name"], is_repeat),
    )
    return Landed(batch_id, arrival["kind"], arrival["source_code"], arrival["sha256"], arrival["file_name"], is_repeat)
