"""CSV, plain or gzip: a stream of typed tables with the line numbers of the file.

Strict where a lenient reader loses data: a line with a field too many or too few is a
bad row and shifts nothing; a quote that is never closed ends the reading.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ingest.contracts import Contract
from ingest.readers.blocks import blocks, first_line
from ingest.readers.header import Header, check_header, parse_header
from ingest.readers.limits import FileFault, Limits
from ingest.readers.typed import Reasons, as_typed

_QUOTE, _NEWLINE = ord('"'), ord("\n")
_MOST_LINES_A_ROW = 100


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file: those that could be typed, and what is wrong with the others."""

    table: pa.Table
    bad: Reasons
    unpacked_bytes: int

    @property
    def row_count(self) -> int:
        return self.table.num_rows + len(self.bad)


@dataclass(frozen=True)
class _Records:
    """Rows as text, the line of the file that each starts on, and rows with a wrong number of fields."""

    texts: pa.Table
    lines: np.ndarray
    ragged: Reasons
    unfinished: bytes = b""
    unfinished_line: int = 0


def read(path: Path, contract: Contract, limits: Limits | None = None) -> Iterator[Chunk]:
    """Yield the rows of a file in the contract's types; raise ``FileFault`` where it cannot go on.

    Tables hold the contract columns that the file has, and ``line_number``. Memory is
    bounded by ``limits.block_bytes``, not by the file.
    """
    limits = limits or Limits()
    header, row_count = None, 0
    pending, pending_line = b"", 0
    for block in blocks(path, limits):
        data, line = block.data, block.first_line
        if header is None:
            header, taken = parse_header(data, limits)
            check_header(header, contract)
            data, line = data[taken:], line + header.line_count
        if pending:
            data, line = pending + data, pending_line
        records = _records(data, line, header, limits)
        pending, pending_line = records.unfinished, records.unfinished_line
        if len(pending) > limits.line_bytes:
            raise _unclosed(pending_line)
        chunk = _chunk(records, contract, limits, len(block.data))
        row_count += chunk.row_count
        _check_shape(chunk, records, header, row_count, limits)
        yield chunk
    if pending:
        raise _unclosed(pending_line)
    if row_count == 0:
        raise FileFault("HEADER_ONLY", "the file has a header and no line", "Send the file again, with its lines.", 1)


def unknown_columns(path: Path, contract: Contract) -> tuple[str, ...]:
    """Columns of the file that the contract does not know; they are left out, and that is said."""
    limits = Limits(block_bytes=1024 * 1024)
    header, _ = parse_header(first_line(path, limits), limits)
    return check_header(header, contract)


def raw_lines(path: Path, line_numbers: Iterable[int], limits: Limits | None = None) -> dict[int, str]:
    """The text of the rows that start on these lines, exactly as sent; a second pass, made only for bad rows."""
    wanted = sorted(set(line_numbers))
    found: dict[int, str] = {}
    # A row that goes on into the next block: where it began, and its text so far.
    started, text = 0, b""
    for block in blocks(path, limits or Limits()) if wanted else ():
        ends = np.append(np.flatnonzero(np.frombuffer(block.data, np.uint8) == _NEWLINE), len(block.data))
        starts = np.append(0, ends[:-1] + 1)
        inside = wanted[bisect_left(wanted, block.first_line) : bisect_left(wanted, block.first_line + len(starts))]
        for number in [started, *inside] if text else inside:
            row = 0 if text else number - block.first_line
            started, text = number, _row_from(block.data, starts, ends, row, text)
            if not _is_open(text):
                found[number], text = text.decode("utf-8").rstrip("\r\n"), b""
    if text:
        found[started] = text.decode("utf-8").rstrip("\r\n")
    return found


def _row_from(data: bytes, starts: np.ndarray, ends: np.ndarray, row: int, text: bytes) -> bytes:
    """``text`` and the lines from ``row`` on, as far as a quote is open; with its line end where it stays open."""
    for line in range(row, min(row + _MOST_LINES_A_ROW, len(starts))):
        text += data[starts[line] : ends[line] + 1]
        if not _is_open(text):
            break
    return text


def _is_open(text: bytes) -> bool:
    return text.count(b'"') % 2 == 1 and text.count(b"\n") < _MOST_LINES_A_ROW


def _chunk(records: _Records, contract: Contract, limits: Limits, unpacked_bytes: int) -> Chunk:
    texts, lines = records.texts, pa.array(records.lines, pa.int64())
    blank = _blank_rows(texts)
    if blank is not None:
        texts, lines = texts.filter(pc.invert(blank)), lines.filter(pc.invert(blank))
    table, bad = as_typed(texts, contract, lines, limits.field_bytes)
    return Chunk(table, {**bad, **records.ragged}, unpacked_bytes)


def _blank_rows(texts: pa.Table) -> pa.Array | None:
    """Which rows have no value at all: blank lines, which say nothing; None where there are none."""
    blank = pc.equal(pc.binary_length(texts.column(0)), 0)
    for column in texts.columns[1:]:
        if not pc.any(blank).as_py():
            return None
        blank = pc.and_(blank, pc.equal(pc.binary_length(column), 0))
    return blank if pc.any(blank).as_py() else None


def _check_shape(chunk: Chunk, records: _Records, header: Header, row_count: int, limits: Limits) -> None:
    if row_count > limits.row_count:
        raise FileFault("TOO_LARGE", f"the file has more than {limits.row_count} rows", "Send it in several files.")
    if row_count == len(records.ragged) > 1:
        raise FileFault(
            "FIELD_COUNT",
            f"no line has the {len(header.names)} values that the header names",
            "Send the file with one value per column of its header.",
            line_number=min(records.ragged),
        )


def _records(data: bytes, first_line: int, header: Header, limits: Limits) -> _Records:
    if _is_one_row_a_line(data):
        return _quick_records(data, first_line, header)
    return _careful_records(data, first_line, header, limits)


def _is_one_row_a_line(data: bytes) -> bool:
    """Whether no quoted value goes over a line end, and no line ends in a carriage return alone."""
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    if b'"' not in data:
        return True
    characters = np.frombuffer(data, np.uint8)
    line_ends = np.append(np.flatnonzero(characters == _NEWLINE), len(data))
    quotes_before = np.searchsorted(np.flatnonzero(characters == _QUOTE), line_ends)
    return not np.any(quotes_before % 2)


def _ragged(actual: int, expected: int) -> list[str]:
    return [f"PARSE: {actual} values where the header names {expected}"]


def _quick_records(data: bytes, first_line: int, header: Header) -> _Records:
    names = [str(position) for position in range(len(header.names))]
    ragged: dict[int, list[str]] = {}
    if not data:
        return _Records(_as_table([], header), np.empty(0, np.int64), {})
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        # One thread and one block: only then does Arrow know on which line a bad row is.
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        parse_options=arrow_csv.ParseOptions(
            ignore_empty_lines=False, invalid_row_handler=partial(_note_ragged, ragged, first_line)
        ),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    lines = np.arange(first_line, first_line + table.num_rows + len(ragged), dtype=np.int64)
    if ragged:
        lines = np.delete(lines, np.array(list(ragged), np.int64) - first_line)
    return _Records(table.rename_columns(header.names), lines, ragged)


def _note_ragged(ragged: Reasons, first_line: int, row: arrow_csv.InvalidRow) -> str:
    ragged[first_line + row.number - 1] = _ragged(row.actual_columns, row.expected_columns)
    return "skip"


def _careful_records(data: bytes, first_line: int, header: Header, limits: Limits) -> _Records:
    """The same by Python's reader, which follows quoted values over line ends; the unfinished row is handed back."""
    width, start = len(header.names), first_line
    lines, rows, ragged = [], [], {}
    csv.field_size_limit(limits.field_bytes)
    physical = io.StringIO(data.decode("utf-8"), newline="").readlines()
    # Only LF ends a line here: a lone carriage return is part of a value, or an error.
    reader = csv.reader(iter(_joined_at_newlines(physical)), strict=True)
    try:
        for row in reader:
            if len(row) == width:
                lines.append(start)
                rows.append(row)
            elif row:
                ragged[start] = _ragged(len(row), width)
            start = first_line + reader.line_num
    except csv.Error as error:
        if str(error) != "unexpected end of data":
            raise _unclosed(start, str(error)) from None
        rest = data.split(b"\n", start - first_line)[-1]
        return _Records(_as_table(rows, header), np.array(lines, np.int64), ragged, rest, start)
    return _Records(_as_table(rows, header), np.array(lines, np.int64), ragged)


def _joined_at_newlines(physical: list[str]) -> Iterator[str]:
    part = ""
    for line in physical:
        part += line
        if part.endswith("\n"):
            yield part
            part = ""
    if part:
        yield part


def _as_table(rows: list[list[str]], header: Header) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(header.names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(header.names))


def _unclosed(line: int, detail: str | None = None) -> FileFault:
    words = f" ({detail})" if detail else ""
    return FileFault(
        "UNCLOSED_QUOTE",
        f"line {line}: a quote that opens here is not closed properly{words}",
        "Close the quote, or double it where it belongs to the value.",
        line_number=line,
    )
