"""Text files as blocks of whole lines in UTF-8: never more than a block in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.readers.encodings import UTF_8, as_utf8, encoding_fault
from ingest.readers.limits import FileFault, Limits, as_escaped_text
from ingest.readers.unpacking import opened

_FOREIGN_STARTS = {b"\xd0\xcf\x11\xe0": "an old spreadsheet", b"%PDF": "a PDF", b"PAR1": "a Parquet file"}


@dataclass(frozen=True)
class Block:
    """Whole lines: the number of the first, and how many unpacked bytes came before it.

    ``is_cr`` says that the file ends its lines in a carriage return, which reads as LF here.
    """

    data: bytes
    first_line: int
    offset: int
    is_cr: bool = False


def blocks(path: Path, limits: Limits, encoding: str = UTF_8) -> Iterator[Block]:
    """The lines of a plain or packed file; raises ``FileFault`` where it cannot be read as text."""
    with opened(path, limits) as stream:
        _refuse_foreign(stream.peek(8)[:8])
        yield from _whole_lines(as_utf8(stream, encoding, limits), limits)


def _whole_lines(stretches: Iterator[tuple[bytes, int]], limits: Limits) -> Iterator[Block]:
    line, rest, rest_offset, is_cr = 1, b"", 0, None
    for data, offset in stretches:
        if is_cr is None:
            data, offset, rest = rest + data, rest_offset if rest else offset, b""
            is_cr = _ends_lines_in_cr(data)
        if is_cr:
            data = _with_newlines(data, line)
        data, offset = (rest + data, rest_offset) if rest else (data, offset)
        cut = data.rfind(b"\n") + 1
        rest, rest_offset = data[cut:], offset + cut
        if len(rest) > max(limits.line_bytes, limits.block_bytes // 4):
            raise _line_too_long(line + data.count(b"\n", 0, cut), limits)
        if cut:
            yield _checked(Block(data[:cut], line, offset, bool(is_cr)))
            line += data.count(b"\n", 0, cut)
    if is_cr is None and rest.endswith(b"\r"):
        rest, is_cr = rest[:-1] + b"\n", True
    if rest:
        yield _checked(Block(rest, line, rest_offset, bool(is_cr)))
    elif line == 1:
        raise FileFault("EMPTY_FILE", "the file holds nothing but a mark", "Send the file again, with its content.")


def _ends_lines_in_cr(data: bytes) -> bool | None:
    """Whether the first line ends in a carriage return alone; None while no line has ended.

    One at the very end may be half of a CRLF.
    """
    if b"\n" in data:
        return False
    return True if b"\r" in data[:-1] else None


def first_block(path: Path, limits: Limits, encoding: str = UTF_8) -> Block:
    """The beginning of a file, up to the first line that cannot be read; a fault further down does not count."""
    limits = replace(limits, block_bytes=limits.line_bytes)
    with opened(path, limits) as stream:
        _refuse_foreign(stream.peek(8)[:8])
        data, offset = next(as_utf8(stream, encoding, limits), (b"", 0))
    is_cr = bool(_ends_lines_in_cr(data))
    if is_cr:
        data = data.replace(b"\r", b"\n")
    if len(data) >= limits.block_bytes:
        # The last line may go on; in the middle of a character, even.
        data = data[: data.rfind(b"\n") + 1] or data
    return Block(_sound(data), 1, offset, is_cr)


def _sound(data: bytes) -> bytes:
    """The lines before the first that is no text; a first line that is none raises."""
    try:
        _checked(Block(data, 1, 0))
    except FileFault as fault:
        if fault.line_number == 1:
            raise
        return b"\n".join(data.split(b"\n")[: fault.line_number - 1]) + b"\n"
    return data


def _with_newlines(data: bytes, line: int) -> bytes:
    if (position := data.find(b"\n")) >= 0:
        number = line + data.count(b"\r", 0, position)
        raise FileFault(
            "LINE_ENDINGS",
            f"line {number}: ends in LF, while the lines before end in a carriage return alone",
            "Save the file with one kind of line end.",
            line_number=number,
        )
    return data.replace(b"\r", b"\n")


def _refuse_foreign(start: bytes) -> None:
    for magic, words in _FOREIGN_STARTS.items():
        if start.startswith(magic):
            raise FileFault(
                "NOT_DELIMITED", f"the file is {words}, not delimited text", "Export it as CSV and send it again.", 1
            )


def _line_too_long(line: int, limits: Limits) -> FileFault:
    return FileFault(
        "LINE_TOO_LONG",
        f"line {line} is longer than {limits.line_bytes} bytes",
        "Check that the file has line ends and closes its quotes, then send it again.",
        line_number=line,
    )


def _checked(block: Block) -> Block:
    """The block, if it is UTF-8 text without NUL bytes."""
    data = block.data
    if (position := data.find(b"\x00")) >= 0:
        raise _bad_byte("NUL_BYTE", "a NUL byte", block, position)
    if not data.isascii():
        try:
            data.decode(UTF_8)
        except UnicodeDecodeError as error:
            words = f"byte 0x{data[error.start]:02x}, which is not UTF-8"
            raise _bad_byte("ENCODING", words, block, error.start) from None
    return block


def _bad_byte(code: str, words: str, block: Block, position: int) -> FileFault:
    data = block.data
    start = data.rfind(b"\n", 0, position) + 1
    end = data.find(b"\n", position)
    raw = as_escaped_text(data[start : end if end >= 0 else len(data)].rstrip(b"\r"))
    line = block.first_line + data.count(b"\n", 0, position)
    return encoding_fault(code, words, line, block.offset + position, raw)
