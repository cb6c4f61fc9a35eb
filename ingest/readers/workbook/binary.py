"""What .xlsb sheets say beside their values: error cells, merged cells and the epoch of dates."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.readers.workbook.archive import Package, damaged
from ingest.readers.workbook.notes import BookNotes, Notes
from ingest.readers.workbook.ooxml import _relations

_WORKBOOK = "xl/workbook.bin"
_ROW, _CELL_ERROR, _FORMULA_ERROR, _WORKBOOK_PROPERTIES, _SHEET, _MERGED = 0, 3, 11, 153, 156, 176


def note_package(package: Package) -> BookNotes:
    """Read every part once: count it, and note what the reader of cells leaves out."""
    book = BookNotes(is_1904=False)
    targets, sheets = _relations(package, _WORKBOOK), []
    for kind, data in _records(package.whole(_WORKBOOK)):
        if kind == _WORKBOOK_PROPERTIES and data:
            book.is_1904 = bool(data[0] & 1)
        elif kind == _SHEET and len(data) >= 12:
            size = int.from_bytes(data[8:12], "little")
            sheets.append(targets.get(data[12 : 12 + 2 * size].decode("utf-16-le", "replace"), ("", ""))[1])
    for name in package.parts():
        if name == _WORKBOOK:
            continue
        data = package.whole(name)
        if name in sheets:
            _note_sheet(data, book.sheet(sheets.index(name)))
    return book


def _note_sheet(data: bytes, notes: Notes) -> None:
    row = 0
    for kind, record in _records(data):
        if kind == _ROW and len(record) >= 4:
            row = int.from_bytes(record[:4], "little")
        elif kind in (_CELL_ERROR, _FORMULA_ERROR) and len(record) >= 9:
            notes.note_error(row, int.from_bytes(record[:4], "little"), record[8])
        elif kind == _MERGED and len(record) >= 16:
            first_row, last_row, first, last = (int.from_bytes(record[i : i + 4], "little") for i in (0, 4, 8, 12))
            notes.note_merged((first_row, first), (last_row, last))


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each record; both numbers before it take seven bits a byte."""
    position = 0
    while position < len(data):
        kind, position = _number(data, position, 2)
        size, position = _number(data, position, 4)
        if position + size > len(data):
            raise damaged("a record goes on past the end of its part")
        # Two bytes of a kind keep their high bit out of the number, as size does.
        yield kind, data[position : position + size]
        position += size


def _number(data: bytes, position: int, most: int) -> tuple[int, int]:
    value = 0
    for step in range(most):
        if position >= len(data):
            raise damaged("a part ends within a record")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * step)
        if not byte & 0x80:
            break
    return value, position
