"""Small workbooks as somebody's program writes them."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from ingest.contracts import CONTRACTS
from ingest.profiles.model import Profile
from ingest.readers import spreadsheet
from ingest.readers.limits import FileFault, Limits
from ingest.reading import Reading

HEADER = ["part_number", "quantity", "note"]
# How a warehouse's count form is read as one of ours.
STOCK_COUNT = {
    "format": "spreadsheet",
    "columns": {
        "part_number": "Product code",
        "lot_number": "Lot number",
        "bin_code": "Bin location",
        "counted_quantity": "Physical QOH",
    },
    "constants": {
        "count_number": "C1",
        "garage_code": "G1",
        "brand_code": "ANY",
        "counted_at": "2025-01-01T00:00:00Z",
        "actor": "store",
    },
}


def write_sheets(path: Path, sheets: dict[str, list[list[Any]]], **options: Any) -> Path:
    """An .xlsx file; a cell that is a pair is a number and its format, one that begins with '=' a formula."""
    with xlsxwriter.Workbook(str(path), options) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, tuple):
                        sheet.write_number(r, c, cell[0], book.add_format({"num_format": cell[1]}))
                    elif isinstance(cell, str) and not cell.startswith("="):
                        sheet.write_string(r, c, cell)
                    else:
                        sheet.write(r, c, cell)
    return path


def with_part(path: Path, name: str, old: str, new: str) -> Path:
    """The package with one text of one part replaced."""
    copy = path.with_suffix(".copy")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            data = source.read(entry)
            if entry == name:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode())
            target.writestr(entry, data)
    shutil.move(copy, path)
    return path


def read(path: Path, kind: str = "", limits: Limits | None = None, **options: Any) -> tuple[list[dict], dict]:
    """All rows with their numbers under ``#``, and the bad ones."""
    rows, bad = [], {}
    for records in spreadsheet.read_records(path, kind, spreadsheet.Options(**options), limits or Limits()):
        records.texts.validate(full=True)
        assert set(records.texts.schema.types) <= {pa.string()}
        numbers = records.numbers.to_pylist()
        assert numbers == sorted(set(numbers)) and not set(numbers) & set(records.bad)
        pairs = zip(numbers, records.texts.to_pylist(), strict=True)
        rows += [{"#": number, **row} for number, row in pairs]
        bad |= records.bad
    return rows, bad


def fault(path: Path, kind: str = "", limits: Limits | None = None, **options: Any) -> FileFault:
    """How the reading of the file ends."""
    try:
        read(path, kind, limits, **options)
    except FileFault as found:
        return found
    raise AssertionError(f"{path.name} was read")


def canonical(path: Path, kind: str, profile: Mapping) -> tuple[list[dict], dict]:
    """The rows of a workbook through a profile, in the types of the kind; and the bad ones."""
    contract = CONTRACTS[kind]
    reading = Reading(path, contract, Profile(source_code="S1", kind=kind, **profile), "spreadsheet")
    rows, bad = [], {}
    for chunk in reading.chunks():
        rows += [{k: None if v is None else str(v) for k, v in row.items()} for row in chunk.table.to_pylist()]
        bad |= chunk.bad
    return rows, bad


def picked(rows: list[dict], *names: str) -> list[tuple]:
    """Some values of each row."""
    return [tuple(row[name] for name in names) for row in rows]
