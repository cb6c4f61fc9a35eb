"""What .ods sheets say beside their values: error cells and merged cells."""

from __future__ import annotations

import re

from ingest.readers.workbook.archive import Package
from ingest.readers.workbook.notes import BookNotes, Notes
from ingest.readers.workbook.ooxml import parse

_CONTENT = "content.xml"
_WORTH_A_LOOK = re.compile(rb":value-type\s*=\s*[\"']error|:number-(?:rows|columns)-spanned")


def note_package(package: Package) -> BookNotes:
    """Read every part once: count it, and note what the reader of cells leaves out."""
    tail, is_worth_a_look = b"", False
    for name in package.parts():
        for chunk in package.chunks(name):
            is_worth_a_look = is_worth_a_look or (name == _CONTENT and bool(_WORTH_A_LOOK.search(tail + chunk)))
            tail = chunk[-64:]
    walk = _Walk()
    if is_worth_a_look:
        parse(package, _CONTENT, walk.start, walk.end, walk.text)
    return walk.book


class _Walk:
    def __init__(self):
        self.book = BookNotes()
        self.sheet, self.notes = -1, Notes()
        self.row, self.column, self.row_repeats = 0, 0, 1
        self.repeats, self.is_error, self.words = 1, False, ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        said = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if tag == "table":
            self.sheet, self.row = self.sheet + 1, 0
            self.notes = self.book.sheet(self.sheet)
        elif tag == "table-row":
            self.column, self.row_repeats = 0, _count(said.get("number-rows-repeated"))
        elif tag in ("table-cell", "covered-table-cell"):
            self.repeats, self.words = _count(said.get("number-columns-repeated")), ""
            self.is_error = any(key.endswith(":value-type") and v == "error" for key, v in attributes.items())
            rows, columns = _count(said.get("number-rows-spanned")), _count(said.get("number-columns-spanned"))
            self.notes.note_merged((self.row, self.column), (self.row + rows - 1, self.column + columns - 1))

    def text(self, data: str) -> None:
        if self.is_error:
            self.words += data

    def end(self, tag: str) -> None:
        if tag == "table-row":
            self.row += self.row_repeats
        elif tag in ("table-cell", "covered-table-cell"):
            if self.is_error:
                for column in range(self.column, self.column + min(self.repeats, 1000)):
                    self.notes.note_wrong(self.row, column, f"{self.words.strip() or '#ERROR'}, an error value")
            self.column += self.repeats
            self.is_error = False


def _count(said: str | None) -> int:
    return int(said) if said and said.isdigit() and len(said) < 10 else 1
