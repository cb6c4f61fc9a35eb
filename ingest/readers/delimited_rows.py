"""Whole lines of delimited text as rows: by Arrow where each line is one row, else by a reader that looks twice."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ingest.readers.blocks import Block
from ingest.readers.dialect import Options
from ingest.readers.header import csv_options
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Reasons

_NEWLINE, _RETURN = ord("\n"), ord("\r")
_MOST_LINES_AT_ONCE = 250_000
# Rows of the careful reader that wait as Python objects, which take ten times the room.
_MOST_ROWS_AS_LISTS = 20_000
# More rows without a shape in one block say that the file is another than was meant.
_MOST_RAGGED = 100_000


@dataclass(frozen=True)
class Rows:
    """Rows as text, the line of the file that each starts on, and rows with a wrong number of fields.

    ``unfinished`` is a row that goes on in the next block.
    """

    texts: pa.Table
    lines: np.ndarray
    ragged: Reasons
    unfinished: bytes = b""
    unfinished_line: int = 0

    @property
    def row_count(self) -> int:
        return len(self.lines) + len(self.ragged)


def parse(block: Block, names: tuple[str, ...], options: Options, limits: Limits) -> Rows:
    """The rows that begin in the block."""
    if not block.data:
        return Rows(_as_table([], names), np.empty(0, np.int64), {})
    if not is_one_row_a_line(block.data, options):
        return _without_blank(_careful(block, names, options, limits))
    parts = [_without_blank(_quick(part, names, options)) for part in _parts(block)]
    if len(parts) == 1:
        return parts[0]
    ragged = {number: words for part in parts for number, words in part.ragged.items()}
    return Rows(pa.concat_tables(p.texts for p in parts), np.concatenate([p.lines for p in parts]), ragged)


def _parts(block: Block) -> Iterator[Block]:
    """The block in stretches of not too many lines: a file of nothing but line ends would be mostly row numbers."""
    data, line, start = block.data, block.first_line, 0
    if data.count(b"\n") <= _MOST_LINES_AT_ONCE:
        yield block
        return
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)[_MOST_LINES_AT_ONCE - 1 :: _MOST_LINES_AT_ONCE]
    for end in [*(ends + 1).tolist(), len(data)]:
        if end > start:
            yield replace(block, data=data[start:end], first_line=line)
        start, line = end, line + _MOST_LINES_AT_ONCE


def unclosed(line: int, detail: str | None = None) -> FileFault:
    """The fault of a row that cannot end."""
    if detail and detail.startswith("new-line"):
        words = f"line {line}: a carriage return stands alone inside the row"
        return FileFault("LINE_ENDINGS", words, "Save the file with one kind of line end.", line_number=line)
    words = f" ({detail})" if detail else ""
    return FileFault(
        "UNCLOSED_QUOTE",
        f"line {line}: a quote that opens here is not closed properly{words}",
        "Close the quote, or double it where it belongs to the value.",
        line_number=line,
    )


def is_one_row_a_line(data: bytes, options: Options, line_ends: np.ndarray | None = None) -> bool:
    """Whether no value goes over a line end, no quote stands inside a bare value, and no return stands alone.

    ``line_ends`` are the places of the line ends in ``data``, from a caller who has them already.
    """
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    if options.escape and options.escape.encode() in data:
        return False
    characters, quotes = np.frombuffer(data, np.uint8), _quotes_around_values(data, options)
    if not len(quotes):
        return True
    if line_ends is None:
        line_ends = np.flatnonzero(characters == _NEWLINE)
    lines = np.searchsorted(line_ends, quotes)
    if len(quotes) % 2 or np.any(lines[::2] != lines[1::2]):
        return False
    return _are_around_values(characters, quotes, ord(options.delimiter))


def _quotes_around_values(data: bytes, options: Options) -> np.ndarray:
    """Where quotes stand, if one opens any value; else they are signs like others, such as in 5"."""
    none = np.empty(0, np.int64)
    if not options.quote or options.quote.encode() not in data:
        return none
    characters = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(characters == ord(options.quote))
    before = characters[quotes - 1]
    opens = quotes[0] == 0 or np.any((before == ord(options.delimiter)) | (before == _NEWLINE))
    return quotes if opens else none


def _are_around_values(characters: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    """Whether each quote opens a value at its start, closes one at its end, or is one half of a doubled one."""
    opening, closing = quotes[::2], quotes[1::2]
    doubled = closing[:-1] + 1 == opening[1:]
    before = characters[opening[1:] - 1]
    is_start = doubled | (before == delimiter) | (before == _NEWLINE)
    after = characters[np.minimum(closing[:-1] + 1, len(characters) - 1)]
    is_end = doubled | (after == delimiter) | (after == _NEWLINE) | (after == _RETURN)
    first, last = opening[0], closing[-1]
    starts_well = first == 0 or characters[first - 1] in (delimiter, _NEWLINE)
    ends_well = last + 1 == len(characters) or characters[last + 1] in (delimiter, _NEWLINE, _RETURN)
    return bool(starts_well and ends_well and is_start.all() and is_end.all())


def _quick(block: Block, header: tuple[str, ...], options: Options) -> Rows:
    names = [str(position) for position in range(len(header))]
    ragged: Reasons = {}
    # Arrow drops one byte order mark at the start; inside a file it is part of a value.
    data = codecs.BOM_UTF8 + block.data if block.data.startswith(codecs.BOM_UTF8) else block.data
    table = _arrow_table(
        pa.BufferReader(data),
        ragged,
        # One thread and one block: only then does Arrow know on which line a bad row is.
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        parse_options=arrow_csv.ParseOptions(
            delimiter=options.delimiter,
            quote_char=options.quote if len(_quotes_around_values(block.data, options)) else False,
            ignore_empty_lines=False,
            invalid_row_handler=partial(_note_ragged, ragged, block.first_line),
        ),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    lines = np.arange(block.first_line, block.first_line + table.num_rows + len(ragged), dtype=np.int64)
    if ragged:
        lines = np.delete(lines, np.array(list(ragged), np.int64) - block.first_line)
    return Rows(table.rename_columns(header), lines, ragged)


def _note_ragged(ragged: Reasons, first_line: int, row: arrow_csv.InvalidRow) -> str:
    ragged[first_line + row.number - 1] = _wrong_count(row.actual_columns, row.expected_columns)
    return "skip" if len(ragged) < _MOST_RAGGED else "error"


def _arrow_table(data: pa.BufferReader, ragged: Reasons, **options) -> pa.Table:
    try:
        return arrow_csv.read_csv(data, **options)
    except pa.ArrowInvalid:
        if len(ragged) < _MOST_RAGGED:
            raise
        raise _too_ragged(ragged) from None


def _too_ragged(ragged: Reasons) -> FileFault:
    line, [words] = next(iter(ragged.items()))
    words = words.removeprefix("PARSE: ")
    return FileFault(
        "FIELD_COUNT",
        f"{_MOST_RAGGED} lines have another number of values than the header, first line {line}: {words}",
        "Send the file with one value per column of its header.",
        line_number=line,
    )


def _wrong_count(actual: int, expected: int) -> list[str]:
    return [f"PARSE: {actual} values where the header names {expected}"]


def _careful(block: Block, header: tuple[str, ...], options: Options, limits: Limits) -> Rows:
    """The same by Python's reader, which follows quoted values over line ends; the unfinished row is handed back."""
    width, start = len(header), block.first_line
    lines, rows, tables, ragged = [], [], [], {}
    # Only LF ends a line here: a lone carriage return is part of a value, or an error.
    physical = io.StringIO(block.data.decode("utf-8"), newline="\n")
    reader = csv.reader(physical, strict=True, **csv_options(options))
    rest, rest_line = b"", 0
    try:
        for row in reader:
            if len(row) == width:
                lines.append(start)
                rows.append(row)
            elif row:
                ragged[start] = _wrong_count(len(row), width)
                if len(ragged) == _MOST_RAGGED:
                    raise _too_ragged(ragged)
            if len(rows) == _MOST_ROWS_AS_LISTS:
                tables.append(_as_table(rows, header))
                rows = []
            start = block.first_line + reader.line_num
    except csv.Error as error:
        if str(error) != "unexpected end of data":
            raise unclosed(start, str(error)) from None
        rest, rest_line = block.data.split(b"\n", start - block.first_line)[-1], start
    table = pa.concat_tables([*tables, _as_table(rows, header)])
    if block.is_cr:
        table = pa.table([pc.replace_substring(column, "\n", "\r") for column in table.columns], table.column_names)
    return Rows(table, np.array(lines, np.int64), ragged, rest, rest_line)


def _as_table(rows: list[list[str]], names: tuple[str, ...]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))


def _without_blank(rows: Rows) -> Rows:
    """Less the rows without any value: blank lines, which say nothing."""
    blank = None
    for column in rows.texts.columns:
        empty = pc.equal(pc.binary_length(column), 0)
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return rows
    keep = pc.invert(blank)
    lines = rows.lines[keep.combine_chunks().to_numpy(zero_copy_only=False)]
    return Rows(rows.texts.filter(keep), lines, rows.ragged, rows.unfinished, rows.unfinished_line)
