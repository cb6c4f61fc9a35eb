"""Repaired rows: an edited export of refused rows comes back as a file and is read as its sender's file was.

Each row of an export names the row that it stands for, ``<batch>:<line>``. What is stored now
settles that row; what is still bad leaves it open and refers back to it. Whoever knows the id
of a batch was given its rows: it cannot be guessed, and the ledger keeps who handed a repair in.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from ingest.profiles.model import Profile
from ingest.readers.broken import BROKEN
from ingest.readers.formats import module_of, recognise_format
from ingest.readers.limits import FileFault, Limits
from ingest.readers.unpacking import opened

ROW, ERROR = "partsbay_row", "partsbay_error"
REFERENCE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,18})")
_TEXT_FORMATS = ("delimited", "json", "jsonl")
_SEARCHED_BYTES = 256 * 1024
_HEADER_CHARACTERS = 16 * 1024
# Where workbooks keep the texts of their first rows.
_WORKBOOK_PARTS = ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "content.xml")


def _referred_batch(text: str) -> UUID | None:
    """The batch whose rows a file repairs, by its first rows; None where it is an ordinary file."""
    # A name in the header; what stands further down is data.
    if ROW not in text[:_HEADER_CHARACTERS]:
        return None
    found = REFERENCE.search(text)
    if not found:
        raise FileFault(
            "REPAIR",
            f"the column {ROW} names no row of an export",
            "Export the rows again and leave that column as it is.",
            line_number=1,
        )
    return UUID(found[1])


def _start_of(path: Path, format_code: str, limits: Limits) -> str:
    if format_code in _TEXT_FORMATS:
        with opened(path, limits) as stream:
            return stream.read(_SEARCHED_BYTES).decode("latin-1")
    if format_code != "spreadsheet":
        return ""
    try:
        with zipfile.ZipFile(path) as package:
            present = [name for name in _WORKBOOK_PARTS if name in package.NameToInfo]
            return "".join(_member_start(package, name) for name in present)
    except BROKEN:
        # Whether it is a workbook at all, its reader says better.
        return ""


def _member_start(package: zipfile.ZipFile, name: str) -> str:
    with package.open(name) as member:
        return member.read(_SEARCHED_BYTES).decode("latin-1")


_ORIGINAL = """
select source_code, kind, coalesce(batches.controls ->> 'repairs', batch_id::text)::uuid as root
from ingest.batches where batch_id = %s
"""


def original_of(connection: psycopg.Connection, path: Path, limits: Limits | None = None) -> dict[str, Any] | None:
    """Source, kind and batch that a file repairs; None for an ordinary file, ``FileFault`` where nobody knows it."""
    limits = limits or Limits()
    try:
        text = _start_of(path, recognise_format(path, limits), limits).replace("\x00", "")
    except FileFault:
        # What is wrong with the file as a whole, its reader says.
        return None
    batch_id = _referred_batch(text)
    if batch_id is None:
        return None
    row = connection.execute(_ORIGINAL, (batch_id,)).fetchone()
    if row is None:
        raise FileFault(
            "REPAIR", f"the file repairs batch {batch_id}, which is not in this ledger", "Export the rows again.", 1
        )
    return {"source_code": row[0], "kind": row[1], "batch_id": str(row[2])}


_PROFILE = """
select content, format_code, to_char(batches.stated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
from ingest.batches
inner join ingest.profiles using (profile_version)
where batch_id = %s
"""


def profile_of(cursor: psycopg.Cursor, original_id: UUID, path: Path, limits: Limits) -> tuple[Profile, str | None]:
    """How to read a repair: as its original was read, in the format it has come back in; and since when it holds.

    A repair is an UPDATE whatever its sender's files are, and each of its rows stands alone.
    """
    row = cursor.connection.execute(_PROFILE, (original_id,)).fetchone()
    if row is None:
        words = f"batch {original_id} was never read, so nothing of it can be repaired"
        raise FileFault("REPAIR", words, "Send the whole file anew.")
    content, format_code, stated_at = row
    returned = recognise_format(path, limits)
    options = {}
    if returned == "delimited":
        options = _dialect(path, content.get("options", {}) if format_code == "delimited" else {}, limits)
    profile = {**content, "format": returned, "options": options, "submission": "UPDATE"}
    profile["tolerances"] = {**content.get("tolerances", {}), "failed_rows_pct": "100"}
    return Profile(**profile), stated_at


def _dialect(path: Path, options: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Quote and encoding as the sender has them; the delimiter is the sign beside the export's first column."""
    kept = {name: options[name] for name in ("quote", "encoding") if options.get(name)}
    text = _start_of(path, "delimited", limits).replace("\x00", "")
    quote = re.escape(options.get("quote") or '"')
    sign = rf"[^\w\r\n{quote}\x80-\xff]"
    beside = re.search(rf"{ROW}{quote}?({sign})|({sign}){quote}?{ROW}", text)
    if beside is None:
        return kept
    return {**kept, "delimiter": beside[1] or beside[2]}


def is_repairable(format_code: str) -> bool:
    """Whether rows of a format come back in the sender's own form; others come back as CSV in canonical columns."""
    return format_code in (*_TEXT_FORMATS, "spreadsheet") and not module_of(format_code).IS_CANONICAL
