"""Files of decisions as they come back: the report's workbook, or delimited text with the same columns.

Columns are found by their headers, in any order; rows may be sorted, filtered or taken out. The
package is counted against the limits of readers before it is opened.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ingest.errors import SettingsError
from ingest.planning.sheets import META, SHEET
from ingest.readers.limits import FileFault, Limits
from ingest.readers.workbook.cells import address

_ROOT = Path(__file__).parents[2]
NEEDED = ("Decision", "proposal_id", "revision_number")
# What .xls files begin with, and .xlsx files with a password.
_COMPOUND = b"\xd0\xcf\x11\xe0"
_MOST_BYTES = 100 * 2**20
_MEND = "Decide in the workbook that partsbay report wrote, or send delimited text with its columns."


@dataclass(frozen=True)
class Line:
    """One line with something in its column Decision: values by header in lower case, and the cells they stand in."""

    row: int
    cells: dict[str, Any]
    addresses: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def get(self, header: str) -> Any:
        return self.cells.get(header.lower())

    def address(self, header: str) -> str:
        """The cell of a column, or the row where the column is not there."""
        return self.addresses.get(header.lower(), f"row {self.row}")


@dataclass(frozen=True)
class Document:
    """A file of decisions; ``meta`` says which report it is of, and is None for delimited text."""

    path: Path
    sha256: str
    meta: dict[str, str] | None
    lines: list[Line]
    row_count: int


def read_document(path: Path, limits: Limits) -> Document:
    """Read a workbook or delimited text; raise where it is neither, or not one of decisions."""
    if not path.is_file():
        raise SettingsError("NO_FILE", f"there is no file {path}", "Name the workbook that came back.")
    if path.stat().st_size > _MOST_BYTES:
        raise FileFault("TOO_LARGE", f"{path.name} is larger than {_MOST_BYTES} bytes", _MEND)
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    if content.startswith(_COMPOUND):
        words = f"{path.name} is protected by a password, or a workbook of before 2007"
        raise FileFault("NO_DECISIONS", words, "Save it as .xlsx without a password.")
    if not content.startswith(b"PK"):
        rows = _delimited(path, content)
        lines, count = _lines(rows, _torn(rows))
        return Document(path, sha256, None, lines, count)
    sheets, wrong = _sheets(path, limits)
    if SHEET not in sheets or META not in sheets:
        missing = SHEET if SHEET not in sheets else META
        raise FileFault("NO_DECISIONS", f"{path.name} has no sheet {missing}", _MEND)
    lines, count = _lines(sheets[SHEET], wrong)
    meta = {str(row[0]): str(row[1]) for row in sheets[META] if len(row) > 1 and row[0] not in (None, "")}
    return Document(path, sha256, meta, lines, count)


def _sheets(path: Path, limits: Limits) -> tuple[dict[str, list[list[Any]]], dict[tuple[int, int], str]]:
    """The rows of the two sheets from the first row on, and what the cells of the first say instead of a value."""
    command = [sys.executable, "-m", "ingest.planning.sheets", str(path.absolute()), str(limits.process_memory_bytes)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.process_seconds, cwd=_ROOT, check=False)
    except subprocess.TimeoutExpired:
        words = f"{path.name} takes more than {limits.process_seconds} s to read"
        raise FileFault("TOO_LARGE", words, _MEND) from None
    if done.returncode:
        words = f"{path.name} cannot be read within {limits.process_memory_bytes} bytes of memory"
        raise FileFault("TOO_LARGE", words, _MEND)
    said = json.loads(done.stdout, object_hook=_as_day)
    if "fault" in said:
        raise FileFault(*said["fault"])
    return said["sheets"], {(row, column): words for row, column, words in said["wrong"]}


def _as_day(found: dict[str, Any]) -> Any:
    return date.fromisoformat(found["day"]) if set(found) == {"day"} else found


def _delimited(path: Path, content: bytes) -> list[list[Any]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = f"{path.name} is neither a workbook nor text in UTF-8, by its byte {error.start + 1}"
        raise FileFault("NO_DECISIONS", words, "Save it as CSV UTF-8, or as .xlsx.") from None
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count), strict=True)
    try:
        return [*reader]
    except csv.Error as error:
        words = f"{path.name} cannot be read from line {reader.line_num} on: {error}"
        raise FileFault("NO_DECISIONS", words, "Mend the quotes of the line.") from None


def _torn(rows: list[list[Any]]) -> dict[tuple[int, int], str]:
    """What is wrong with rows that have more values than there are columns: which is which, nobody knows."""
    decision, width = _places(rows)["decision"], len(rows[0])
    torn = [(number, row) for number, row in enumerate(rows) if any(value.strip() for value in row[width:])]
    words = "{} values in {} columns; put text with the sign that separates them into quotes"
    return {(number, decision): words.format(len(row), width) for number, row in torn}


def _lines(rows: list[list[Any]], wrong: dict[tuple[int, int], str]) -> tuple[list[Line], int]:
    places = _places(rows)
    lines, count = [], 0
    for number, row in enumerate(rows[1:], start=1):
        cells = {name: _value(row, column) for name, column in places.items()}
        count += any(value is not None for value in cells.values())
        faults = {name: wrong[(number, column)] for name, column in places.items() if (number, column) in wrong}
        for name in [name for name, value in cells.items() if isinstance(value, str) and "\0" in value]:
            cells[name], faults[name] = None, "a NUL character, which is in no text"
        if cells["decision"] is None and "decision" not in faults:
            continue
        addresses = {name: address(number, column) for name, column in places.items()}
        lines.append(Line(number + 1, cells, addresses, faults))
    return lines, count


def _places(rows: list[list[Any]]) -> dict[str, int]:
    """Where each column stands, by its header in lower case."""
    found: dict[str, int] = {}
    for column, header in enumerate(rows[0] if rows else []):
        name = str(header or "").strip().lower()
        if name and name in found:
            raise FileFault("NO_DECISIONS", f"the column '{header}' is there twice", _MEND)
        if name:
            found[name] = column
    if missing := [name for name in NEEDED if name.lower() not in found]:
        raise FileFault("NO_DECISIONS", f"there is no column {', '.join(missing)}", _MEND)
    return found


def _value(row: list[Any], column: int) -> Any:
    value = row[column] if column < len(row) else None
    return None if isinstance(value, str) and not value.strip() else value
