"""Delimited text, plain or packed: a stream of rows as text with the line numbers of the file.

Strict where a lenient reader loses data: a line with a field too many or too few is a
bad row and shifts nothing; a quote that is never closed ends the reading.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingest.readers.blocks import Block, blocks, first_block
from ingest.readers.delimited_rows import parse, unclosed
from ingest.readers.dialect import Options
from ingest.readers.footer import Footer
from ingest.readers.header import Header, csv_options, find_header
from ingest.readers.limits import FileFault, Limits
from ingest.readers.patterns import as_fields
from ingest.readers.records import Envelope, Raw, Records

__all__ = ["IS_CANONICAL", "Options", "column_names", "raw_rows", "read_envelope", "read_records"]

IS_CANONICAL = False
_NEWLINE = ord("\n")
_MOST_LINES_A_ROW = 100
_LONGEST_SEARCHED_LINE = 2000
# When so many rows have another shape than the header, the rest need not be read.
_ENOUGH_ROWS = 1000


def read_records(path: Path, kind: str, options: Options, limits: Limits) -> Iterator[Records]:
    """Yield the rows of a file as text; raise ``FileFault`` where it cannot go on.

    Memory is bounded by ``limits.block_bytes``, not by the file.
    """
    header, row_count, good_count = None, 0, 0
    pending, pending_line, first_ragged = b"", 0, 0
    for block, found in _with_header(path, options, limits):
        size, header = len(block.data), header or found
        if found:
            block = replace(block, data=block.data[found.body_offset :], first_line=found.body_line)
        if pending:
            block = replace(block, data=pending + block.data, first_line=pending_line)
        rows = parse(block, header.names, options, limits)
        pending, pending_line = rows.unfinished, rows.unfinished_line
        if len(pending) > limits.line_bytes:
            raise unclosed(pending_line)
        row_count, good_count = row_count + rows.row_count, good_count + rows.texts.num_rows
        first_ragged = first_ragged or min(rows.ragged, default=0)
        if row_count > limits.row_count:
            raise FileFault("TOO_LARGE", f"the file has more than {limits.row_count} rows", "Send it in several files.")
        if good_count == 0 and row_count > _ENOUGH_ROWS:
            raise _field_count(header, first_ragged)
        find_raw = partial(_rows_of_block, block, options, limits)
        yield Records(rows.texts, pa.array(rows.lines, pa.int64()), rows.ragged, size, find_raw)
    if pending:
        raise unclosed(pending_line)
    if row_count == 0:
        raise FileFault("HEADER_ONLY", "the file has a header and no line", "Send the file again, with its lines.", 1)
    if good_count == 0 and row_count > 1:
        raise _field_count(header, first_ragged)


def _with_header(path: Path, options: Options, limits: Limits) -> Iterator[tuple[Block, Header | None]]:
    """The blocks of the body; the first that is yielded holds the header, however long the lines before it are."""
    header, start = None, None
    for block in Footer(options).without(blocks(path, limits, options.encoding)):
        if header is None:
            start = replace(start, data=start.data + block.data) if start else block
            if not start.data:
                continue
            try:
                header = find_header(start.data, options, limits)
            except FileFault as fault:
                if fault.code != "NO_HEADER" or len(start.data) > limits.line_bytes:
                    raise
            else:
                yield start, header
        else:
            yield block, None
    if header is None:
        find_header(start.data if start else b"", options, limits)


def column_names(path: Path, options: Options, limits: Limits) -> tuple[str, ...]:
    """The columns that a file names; a fault further down says nothing against them."""
    return find_header(first_block(path, limits, options.encoding).data, options, limits).names


def read_envelope(path: Path, options: Options, limits: Limits) -> Envelope:
    """What preamble and footer say of the file, by the profile's patterns; without patterns nothing is read."""
    if not options.envelope:
        return Envelope()
    lines = find_header(first_block(path, limits, options.encoding).data, options, limits).preamble
    if options.footer_lines or options.footer_from:
        footer = Footer(options)
        for _ in footer.without(blocks(path, limits, options.encoding)):
            pass  # Only the lines after the last row are wanted.
        lines = (*lines, *footer.lines)
    groups: dict[str, str] = {}
    for pattern in map(re.compile, options.envelope):
        for found in (pattern.search(line[:_LONGEST_SEARCHED_LINE]) for line in lines):
            groups = {**(found.groupdict(default="") if found else {}), **groups}
    return Envelope(**as_fields(groups))


def raw_rows(path: Path, kind: str, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """The text of the rows that start on these lines, exactly as sent; a second pass, made only for bad rows."""
    wanted = sorted(set(numbers))
    found: dict[int, Raw] = {}
    longest = limits.raw_characters_of_each(len(wanted))
    # A row that goes on into the next block: where it began, and its text so far.
    started, text = 0, b""
    for block in blocks(path, limits, options.encoding) if wanted else ():
        starts, ends = _line_places(block)
        inside = wanted[bisect_left(wanted, block.first_line) : bisect_left(wanted, block.first_line + len(starts))]
        for number in [started, *inside] if text else inside:
            row = 0 if text else number - block.first_line
            started, text = number, _row_from(block, starts, ends, row, text, options)
            if not _is_open(text, options):
                found[number], text = _as_raw(text, block, number, longest), b""
        if not text and wanted[-1] < block.first_line + len(starts) - 1:
            return found
    if text:
        found[started] = _as_raw(text, block, started, longest)
    return found


def _rows_of_block(block: Block, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """The text of the rows that start on these lines of a block; without one that goes on in the next."""
    starts, ends = _line_places(block)
    wanted, found = np.array(list(numbers)), {}
    rows = wanted - block.first_line
    places = zip(wanted.tolist(), rows.tolist(), starts[rows].tolist(), (ends[rows] + 1).tolist(), strict=True)
    for number, row, start, end in places:
        text = block.data[start:end]
        if _is_open(text, options):
            text = _row_from(block, starts, ends, row, b"", options)
            if _is_open(text, options):
                continue
        found[number] = _as_raw(text, block, number, limits.raw_characters)
    return found


def _line_places(block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Where each line of a block starts and where it ends, without its line end."""
    ends = np.append(np.flatnonzero(np.frombuffer(block.data, np.uint8) == _NEWLINE), len(block.data))
    return np.append(0, ends[:-1] + 1), ends


def _as_raw(text: bytes, block: Block, number: int, longest: int) -> Raw:
    row = text.decode("utf-8").rstrip("\r\n")
    return Raw.cut(row.replace("\n", "\r") if block.is_cr else row, f"line {number}", longest)


def _row_from(block: Block, starts: np.ndarray, ends: np.ndarray, row: int, text: bytes, options: Options) -> bytes:
    """``text`` and the lines from ``row`` on, as far as a quote is open; with its line end where it stays open."""
    for line in range(row, min(row + _MOST_LINES_A_ROW, len(starts))):
        text += block.data[starts[line] : ends[line] + 1]
        if not _is_open(text, options):
            break
    return text


def _is_open(text: bytes, options: Options) -> bool:
    """Whether the row goes on after its last line end."""
    if not options.quote or options.quote.encode() not in text or text.count(b"\n") >= _MOST_LINES_A_ROW:
        return False
    try:
        next(csv.reader([text.decode("utf-8")], strict=True, **csv_options(options)), None)
    except csv.Error as error:
        return str(error) == "unexpected end of data"
    return False


def _field_count(header: Header, line: int) -> FileFault:
    return FileFault(
        "FIELD_COUNT",
        f"no line has the {len(header.names)} values that the header names",
        "Send the file with one value per column of its header.",
        line_number=line,
    )
