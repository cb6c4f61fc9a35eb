"""The cells of two sheets of a workbook, read in a process of its own that ends at its caps: ``-m`` with the file.

Prints one JSON document: the rows of each sheet, and what cells say instead of a value.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ingest.readers.limits import FileFault, Limits
from ingest.readers.workbook import binary, ooxml, opendocument
from ingest.readers.workbook.archive import Package
from ingest.readers.workbook.notes import BookNotes

SHEET, META = "Lines", "_meta"


def main(path: Path, memory_bytes: int) -> dict[str, Any]:
    """Count the package against the limits, note what the reader leaves out, and read."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        package = Package(path, Limits())
        notes = _noter(package)(package)
        rows, position = _rows(path)
    except FileFault as fault:
        return {"fault": [fault.code, fault.message, fault.mend]}
    wrong = [[row, column, words] for (row, column), words in notes.sheet(position).wrong.items()]
    return {"sheets": rows, "wrong": wrong}


def _noter(package: Package) -> Callable[[Package], BookNotes]:
    """What knows of such a package what the reader of cells leaves out."""
    if "content.xml" in package.names:
        return opendocument.note_package
    return binary.note_package if "xl/workbook.bin" in package.names else ooxml.note_package


def _rows(path: Path) -> tuple[dict[str, list[list[Any]]], int]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = [name for name in book.sheet_names if name in (SHEET, META)]
            position = book.sheet_names.index(SHEET) if SHEET in names else 0
            return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}, position
    except (CalamineError, ValueError, OSError) as error:
        words = f"{path.name} cannot be read: {error}"
        raise FileFault("DAMAGED_WORKBOOK", words, "Save it again in your spreadsheet program.") from None


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return {"day": value.isoformat()[:10]}
    if isinstance(value, (time, timedelta)):
        return str(value)
    raise TypeError(f"a cell holds {type(value).__name__}")


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), int(sys.argv[2])), sys.stdout, default=_plain)
