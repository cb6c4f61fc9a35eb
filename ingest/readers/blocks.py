"""Raw files as blocks of whole lines: unpacked, checked to be UTF-8 text, never more than a block in memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from ingest.readers.limits import MEBIBYTE, FileFault, Limits, as_escaped_text

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FOREIGN_STARTS = {
    b"\xff\xfe": ("ENCODING", "is UTF-16 text, not UTF-8"),
    b"\xfe\xff": ("ENCODING", "is UTF-16 text, not UTF-8"),
    b"PK\x03\x04": ("NOT_DELIMITED", "is a zip archive or a spreadsheet, not delimited text"),
    b"\xd0\xcf\x11\xe0": ("NOT_DELIMITED", "is an old spreadsheet, not delimited text"),
    b"%PDF": ("NOT_DELIMITED", "is a PDF, not delimited text"),
}


@dataclass(frozen=True)
class Block:
    """Whole lines: the number of the first, and how many unpacked bytes came before it."""

    data: bytes
    first_line: int
    offset: int


def blocks(path: Path, limits: Limits) -> Iterator[Block]:
    """The lines of a plain or gzip file; raises ``FileFault`` where it cannot be read as UTF-8 text."""
    line, offset, rest = 1, 0, b""
    for data in _unpacked(path, limits):
        data = rest + data
        cut = data.rfind(b"\n") + 1
        rest = data[cut:]
        if len(rest) > max(limits.line_bytes, limits.block_bytes // 4):
            raise _line_too_long(line + data.count(b"\n", 0, cut), limits)
        if cut:
            yield _checked(data[:cut], line, offset)
            line += data.count(b"\n", 0, cut)
            offset += cut
    if rest:
        yield _checked(rest, line, offset)


def first_line(path: Path, limits: Limits) -> bytes:
    """The header of a file, read alone: a fault further down says nothing against it."""
    data = next(_unpacked(path, limits))
    end = data.find(b"\n") + 1 or len(data)
    return _checked(data[:end], 1, 0).data


def _line_too_long(line: int, limits: Limits) -> FileFault:
    return FileFault(
        "LINE_TOO_LONG",
        f"line {line} is longer than {limits.line_bytes} bytes",
        "Check that the file has line ends and closes its quotes, then send it again.",
        line_number=line,
    )


def _checked(data: bytes, line: int, offset: int) -> Block:
    """The block, if it is UTF-8 text without NUL bytes."""
    if offset == 0 and data.startswith(_BYTE_ORDER_MARK):
        data, offset = data[3:], 3
    if (position := data.find(b"\x00")) >= 0:
        raise _bad_bytes("NUL_BYTE", "a NUL byte", data, position, line, offset)
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            words = f"byte 0x{data[error.start]:02x}, which is not UTF-8"
            raise _bad_bytes("ENCODING", words, data, error.start, line, offset) from None
    return Block(data, line, offset)


def _bad_bytes(code: str, words: str, data: bytes, position: int, line: int, offset: int) -> FileFault:
    number = line + data.count(b"\n", 0, position)
    start = data.rfind(b"\n", 0, position) + 1
    end = data.find(b"\n", position)
    raw = as_escaped_text(data[start : end if end >= 0 else len(data)].rstrip(b"\r"))
    message = f"line {number}, byte offset {offset + position}: {words}"
    return FileFault(code, message, "Save the file as UTF-8 and send it again.", line_number=number, raw=raw)


def _unpacked(path: Path, limits: Limits) -> Iterator[bytes]:
    packed_bytes = path.stat().st_size
    if packed_bytes == 0:
        raise FileFault("EMPTY_FILE", "the file is empty: not even a header", "Send the file again, with its content.")
    with path.open("rb") as packed:
        start = packed.read(8)
        packed.seek(0)
        for magic, (code, words) in _FOREIGN_STARTS.items():
            if start.startswith(magic):
                raise FileFault(code, f"the file {words}", "Export it as UTF-8 CSV and send it again.", 1)
        if not start.startswith(_GZIP):
            yield from _capped(packed, limits, None)
            return
        with gzip.GzipFile(fileobj=packed) as unpacked:
            yield from _capped(unpacked, limits, packed_bytes)


def _capped(stream: BufferedReader | gzip.GzipFile, limits: Limits, packed_bytes: int | None) -> Iterator[bytes]:
    """Blocks of a stream, counted against the caps; the lines before a break in a gzip file still come out."""
    total = lines = 0
    while True:
        parts, size, broken = [], 0, None
        # Small reads, so that what precedes a break in a gzip file is counted and the break has its line.
        while size < limits.block_bytes and broken is None:
            try:
                part = stream.read1(min(MEBIBYTE, limits.block_bytes))
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                broken = error
                break
            if not part:
                break
            parts.append(part)
            size += len(part)
        total += size
        if parts:
            data = b"".join(parts)
            lines += data.count(b"\n")
            _check_caps(total, packed_bytes, limits)
            yield data
        if broken is not None:
            raise _broken_gzip(broken, lines + 1, total)
        if not parts:
            if total == 0:
                raise FileFault("EMPTY_FILE", "the file unpacks to nothing", "Send the file again, with its content.")
            return


def _check_caps(total: int, packed_bytes: int | None, limits: Limits) -> None:
    if total > limits.unpacked_bytes:
        raise FileFault(
            "TOO_LARGE", f"the file unpacks to more than {limits.unpacked_bytes} bytes", "Send it in several files."
        )
    if packed_bytes and total > limits.ratio_counts_from_bytes and total > packed_bytes * limits.unpacked_ratio:
        raise FileFault(
            "TOO_LARGE",
            f"the file unpacks to more than {limits.unpacked_ratio} times its size",
            "Send it unpacked, or in several files.",
        )


def _broken_gzip(error: Exception, line: int, total: int) -> FileFault:
    is_cut = isinstance(error, EOFError)
    words = "ends before its end marker" if is_cut else f"is damaged ({error})"
    return FileFault(
        "TRUNCATED_GZIP" if is_cut else "DAMAGED_GZIP",
        f"the gzip file {words}, near line {line} after {total} unpacked bytes",
        "Send the whole file again.",
        line_number=line,
        raw="(the rest of the file is missing)",
    )
