"""What old .xls sheets say beside their values: error cells, numbers shown with leading zeros, the epoch of dates."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from ingest.readers.workbook.archive import damaged
from ingest.readers.workbook.notes import BookNotes, Notes

_END, _EPOCH, _BOUND_SHEET, _FORMAT, _STYLE = 0x0A, 0x22, 0x85, 0x41E, 0xE0
_FORMULA, _BOOLEAN_OR_ERROR, _NUMBER, _SHORT_NUMBER, _SHORT_NUMBERS = 0x06, 0x205, 0x203, 0x27E, 0xBD
_BEGIN = (0x809, 0x409, 0x209, 0x09)
_LAST_SECTOR = 0xFFFFFFFA


def note_workbook(path: Path) -> BookNotes:
    """Note what the reader of cells leaves out; a container that it reads and we cannot is damaged."""
    data = path.read_bytes()
    try:
        return _note_stream(_workbook_stream(data))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise damaged(f"its directory cannot be followed ({error})") from None


def is_encrypted_package(path: Path) -> bool:
    """Whether this is a newer workbook that a password locks away."""
    return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


def _note_stream(stream: bytes) -> BookNotes:
    book = BookNotes(is_1904=False)
    formats: dict[int, int] = {}
    styles: list[int] = []
    starts: list[int] = []
    for _, kind, data in _records(stream, 0):
        if kind == _EPOCH:
            book.is_1904 = data[:1] == b"\x01"
        elif kind == _BOUND_SHEET:
            starts.append(struct.unpack_from("<I", data)[0])
        elif kind == _FORMAT and (code := _zeros(data[2:])):
            formats[struct.unpack_from("<H", data)[0]] = code
        elif kind == _STYLE:
            styles.append(struct.unpack_from("<H", data, 2)[0])
    padded = {number: formats[style] for number, style in enumerate(styles) if style in formats}
    for position, start in enumerate(starts):
        _note_sheet(stream, start, padded, book.sheet(position))
    return book


def _zeros(data: bytes) -> int:
    """How many zeros a format of zeros alone has; its text is stored with or without a length of two bytes."""
    match = re.search(rb"^(?:.\x00\x00|.)(0{2,15})$", data, re.DOTALL)
    return len(match[1]) if match else 0


def _note_sheet(stream: bytes, start: int, padded: dict[int, int], notes: Notes) -> None:
    for _, kind, data in _records(stream, start):
        if kind == _BOOLEAN_OR_ERROR:
            row, column, _, value, is_error = struct.unpack_from("<HHHBB", data)
            if is_error:
                notes.note_error(row, column, value)
        elif kind == _FORMULA:
            row, column = struct.unpack_from("<HH", data)
            result = data[6:14]
            if result[6:8] == b"\xff\xff" and result[0] == 2:
                notes.note_error(row, column, result[2])
        elif padded and kind in (_NUMBER, _SHORT_NUMBER):
            row, column, style = struct.unpack_from("<HHH", data)
            _note_digits(row, column, style, padded, notes)
        elif padded and kind == _SHORT_NUMBERS:
            row, column = struct.unpack_from("<HH", data)
            for offset in range(4, len(data) - 5, 6):
                _note_digits(row, column + offset // 6, struct.unpack_from("<H", data, offset)[0], padded, notes)


def _note_digits(row: int, column: int, style: int, padded: dict[int, int], notes: Notes) -> None:
    if style in padded:
        notes.shown_digits[(row, column)] = padded[style]


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, bytes]]:
    """Position, kind and content of each record of one sheet, or of the workbook at the start of the stream."""
    position, depth = start, 0
    while position + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, position)
        yield position, kind, stream[position + 4 : position + 4 + size]
        position += 4 + size
        depth += (kind in _BEGIN) - (kind == _END)
        if kind == _END and depth <= 0:
            return


def _workbook_stream(data: bytes) -> bytes:
    """The stream of the workbook inside its container; the whole file where there is no container."""
    if not data.startswith(b"\xd0\xcf\x11\xe0"):
        return data
    size, small_size = 1 << struct.unpack_from("<H", data, 30)[0] % 16, 1 << struct.unpack_from("<H", data, 32)[0] % 16
    first_directory, small_limit, first_small = (struct.unpack_from("<I", data, at)[0] for at in (48, 56, 60))
    table = _sector_table(data, size)
    directory = _chain(data[512:] if size == 512 else data[size:], table, first_directory, size)
    root_start, found = 0, None
    for offset in range(0, len(directory) - 127, 128):
        entry = directory[offset : offset + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0) % 64].decode("utf-16-le", "replace").lower()
        start, length = struct.unpack_from("<II", entry, 116)
        if entry[66] == 5:
            root_start = start
        elif name in ("workbook", "book") and (found is None or name == "workbook"):
            found = start, length
    if found is None:
        raise damaged("it holds no workbook")
    body = data[512:] if size == 512 else data[size:]
    if found[1] >= small_limit:
        return _chain(body, table, found[0], size)[: found[1]]
    small_table = _numbers(_chain(body, table, first_small, size))
    return _chain(_chain(body, table, root_start, size), small_table, found[0], small_size)[: found[1]]


def _sector_table(data: bytes, size: int) -> list[int]:
    body = data[512:] if size == 512 else data[size:]
    sectors = list(struct.unpack_from("<109I", data, 76))
    further, seen = struct.unpack_from("<I", data, 68)[0], set()
    while further < _LAST_SECTOR and further not in seen:
        seen.add(further)
        block = _numbers(body[further * size : (further + 1) * size])
        if not block:
            break
        sectors += block[:-1]
        further = block[-1]
    table: list[int] = []
    for sector in sectors:
        if sector < _LAST_SECTOR and sector * size < len(body):
            table += _numbers(body[sector * size : (sector + 1) * size])
    return table


def _numbers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))


def _chain(body: bytes, table: list[int], sector: int, size: int) -> bytes:
    parts, seen = [], set()
    while sector < len(table) and sector not in seen:
        seen.add(sector)
        parts.append(body[sector * size : (sector + 1) * size])
        sector = table[sector]
    return b"".join(parts)
