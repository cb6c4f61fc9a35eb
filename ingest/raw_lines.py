"""The lines of a delimited file as bytes, line ends included, and a window of them to look lines up in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.readers.delimited_rows import is_one_row_a_line
from ingest.readers.dialect import Options
from ingest.readers.limits import MEBIBYTE, Limits
from ingest.readers.unpacking import opened

_BLOCK_BYTES = 8 * MEBIBYTE
# How many lines before and after its place a line is looked for.
_NEARBY = 30_000
# The share of lines that are not at their place up to which none is looked for elsewhere.
_FEW = 0.05


@dataclass(frozen=True)
class Lines:
    """Lines that follow each other: the number of the first, and whether each is one row."""

    texts: pa.BinaryArray
    first_line: int
    is_one_row_a_line: bool


def lines_of(path: Path, options: Options, limits: Limits) -> Iterator[Lines]:
    """The lines of a file in stretches; raises ``FileFault`` where its packing is broken.

    Once a value goes over a line end, no stretch after it is said to have one row a line.
    """
    rest, line, is_plain = b"", 1, True
    with opened(path, limits) as stream:
        while block := stream.read(_BLOCK_BYTES):
            data = rest + block
            cut = data.rfind(b"\n") + 1
            data, rest = data[:cut], data[cut:]
            is_plain = is_plain and len(rest) <= limits.line_bytes
            if data:
                yield (lines := _lines(data, line, is_plain, options))
                line, is_plain = line + len(lines.texts), lines.is_one_row_a_line
    if rest:
        yield _lines(rest, line, is_plain, options)


@contextmanager
def read_ahead(stretches: Iterator[Lines]) -> Iterator[Iterator[Lines]]:
    """The same stretches, each made by another thread while the one before it is looked at."""
    with ThreadPoolExecutor(1) as thread:
        yield _ahead(stretches, thread)


def _ahead(stretches: Iterator[Lines], thread: ThreadPoolExecutor) -> Iterator[Lines]:
    coming = thread.submit(next, stretches, None)
    while (lines := coming.result()) is not None:
        coming = thread.submit(next, stretches, None)
        yield lines


def _lines(data: bytes, first_line: int, is_plain: bool, options: Options) -> Lines:
    """The lines of a text, each with its end, without a copy."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    is_plain = is_plain and b"\x00" not in data and is_one_row_a_line(data, options, ends)
    offsets = np.empty(len(ends) + 1, np.int32)
    offsets[0], offsets[1:] = 0, ends + 1
    if offsets[-1] != len(data):
        offsets = np.append(offsets, np.int32(len(data)))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return Lines(pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers), first_line, is_plain)


class Window:
    """Lines of a file around a place that moves forward; lines by the numbers in ``without`` are in no window."""

    def __init__(self, stretches: Iterator[Lines], without: np.ndarray):
        self._stretches, self._without = stretches, without
        # In the pieces in which they were read: joining them would copy the whole file once more.
        self._texts = pa.chunked_array([], pa.binary())
        self._first_line, self._shift = 1, 0
        self._is_over = False

    def holds(self, lines: Lines) -> np.ndarray:
        """Which of the lines are in the window around their place: at it most of all, else nearby."""
        self._move(lines.first_line + self._shift, len(lines.texts))
        is_usable = ~np.isin(np.arange(self._first_line, self._first_line + len(self._texts)), self._without)
        found = self._at_their_place(lines, is_usable)
        missing = np.flatnonzero(~found)
        # A few others are new lines; many mean that lines were put in or taken out before them.
        if len(missing) > len(found) * _FEW:
            found[missing] = self._nearby(lines, missing, is_usable)
        return found

    def _nearby(self, lines: Lines, missing: np.ndarray, is_usable: np.ndarray) -> np.ndarray:
        """Which of the missing lines stand elsewhere in the window; the place of the last one is remembered."""
        places = pc.index_in(lines.texts.take(pa.array(missing)), self._texts.filter(pa.array(is_usable)))
        is_there = places.is_valid().to_numpy(zero_copy_only=False)
        if is_there.any():
            place = np.flatnonzero(is_usable)[places.drop_null()[-1].as_py()] + self._first_line
            self._shift = int(place) - int(missing[is_there][-1] + lines.first_line)
        return is_there

    def _at_their_place(self, lines: Lines, is_usable: np.ndarray) -> np.ndarray:
        found = np.zeros(len(lines.texts), bool)
        start = lines.first_line + self._shift - self._first_line
        skipped = max(0, -start)
        start = max(0, start)
        count = max(0, min(len(found) - skipped, len(self._texts) - start))
        if count:
            is_same = pc.equal(pa.chunked_array([lines.texts.slice(skipped, count)]), self._texts.slice(start, count))
            found[skipped : skipped + count] = is_same.to_numpy() & is_usable[start : start + count]
        return found

    def _move(self, line: int, count: int) -> None:
        """Read on until the window reaches past these lines, and forget what lies far behind them."""
        parts = self._texts.chunks
        end = self._first_line + len(self._texts)
        while not self._is_over and end < line + count + _NEARBY:
            lines = next(self._stretches, None)
            if lines is None or not lines.is_one_row_a_line:
                self._is_over = True
                break
            parts.append(lines.texts)
            end += len(lines.texts)
        behind = min(max(0, line - _NEARBY - self._first_line), sum(map(len, parts)))
        self._texts = pa.chunked_array(parts, pa.binary()).slice(behind)
        self._first_line += behind
