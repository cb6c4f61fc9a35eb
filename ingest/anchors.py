"""Anchors: where every audit chain ended at a moment, in files outside of the database.

Whoever may rewrite a database may rewrite its chains to the last head; what a file says that
was written before shows it. With a key, the file itself cannot be rewritten unseen either.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row

from ingest.audit import seal
from ingest.errors import PartsbayError, SettingsError

_KIND = "partsbay audit anchor"
_FIELDS = {"anchor_number", "anchored_at", "previous_hash", "anchor_hash", "heads"}
_ANCHOR = """
select anchor_number, to_char(anchored_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as anchored_at,
    encode(previous_hash, 'hex') as previous_hash, encode(anchor_hash, 'hex') as anchor_hash, heads
from audit.anchor()
"""


class AnchorFault(PartsbayError):
    """A file that is no anchor, or not the one that was written."""


@dataclass(frozen=True)
class Anchor:
    """One anchor and its file; ``is_new`` is False when no chain has grown since it was written."""

    path: Path
    anchor_number: int
    chain_count: int
    is_new: bool


def write_anchor(connection: psycopg.Connection, folder: Path, key: bytes | None = None) -> Anchor:
    """Keep the heads of all chains in the database, and in ``DATE.json`` of the folder or, later that day, ``DATE-2``.

    Entries that are not sealed yet are sealed before. One transaction of this function; the file is on disk
    before it is committed. Files are read-only and never written twice. ``key`` signs the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        seal(connection)
        anchor = {"kind": _KIND, **cursor.execute(_ANCHOR).fetchone()}
        if not anchor["heads"]:
            raise SettingsError("NOTHING_TO_ANCHOR", "no store has an audit record yet", "Ingest a file first.")
        for path in anchor_files(folder):
            if _said(path).get("anchor_hash") == anchor["anchor_hash"]:
                return Anchor(path, anchor["anchor_number"], len(anchor["heads"]), is_new=False)
        if key:
            anchor["signature"] = _signature(anchor, key)
        path = _write_once(folder, anchor["anchored_at"][:10], json.dumps(anchor, indent=2, sort_keys=True) + "\n")
    return Anchor(path, anchor["anchor_number"], len(anchor["heads"]), is_new=True)


def anchor_files(path: Path) -> list[Path]:
    """The anchors of a folder, or the one file."""
    if path.is_dir():
        return sorted(path.glob("*.json"))
    if not path.exists():
        raise SettingsError(
            "NO_ANCHOR", f"{path} does not exist", "Name a file or folder that partsbay audit anchor wrote."
        )
    return [path]


def read_anchor(path: Path, key: bytes | None = None) -> dict[str, Any]:
    """An anchor from its file; one that is damaged, or not signed with the key that is given, is a fault."""
    anchor = _said(path)
    if anchor.get("kind") != _KIND or not anchor.keys() >= _FIELDS:
        raise AnchorFault("NO_ANCHOR", f"{path.name} is no anchor", "Fetch the file anew from where it is backed up.")
    if key and not hmac.compare_digest(str(anchor.get("signature", "")), _signature(anchor, key)):
        words = "is not signed" if "signature" not in anchor else "does not carry the signature of our key"
        raise AnchorFault("WRONG_SIGNATURE", f"{path.name} {words}", "Fetch the file anew from where it is backed up.")
    return anchor


def _said(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        words = f"{path.name} cannot be read: {error}"
        raise AnchorFault("NO_ANCHOR", words, "Fetch the file anew from where it is backed up.") from None
    return said if isinstance(said, dict) else {}


def _signature(anchor: dict[str, Any], key: bytes) -> str:
    """HMAC-SHA-256 in hexadecimal over the anchor without its signature, as canonical JSON."""
    signed = {name: value for name, value in anchor.items() if name != "signature"}
    return hmac.new(key, json.dumps(signed, sort_keys=True, separators=(",", ":")).encode(), hashlib.sha256).hexdigest()


def _write_once(folder: Path, day: str, text: str) -> Path:
    """Write a new file, whole or not at all, and see it on disk."""
    arriving = folder / f".arriving-{uuid4().hex}"
    with arriving.open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fchmod(file.fileno(), 0o444)
        os.fsync(file.fileno())
    try:
        path = _linked(arriving, folder, day)
    finally:
        arriving.unlink()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return path


def _linked(arriving: Path, folder: Path, day: str) -> Path:
    number, path = 1, folder / f"{day}.json"
    while True:
        try:
            os.link(arriving, path)
        except FileExistsError:
            number += 1
            path = folder / f"{day}-{number}.json"
        else:
            return path
