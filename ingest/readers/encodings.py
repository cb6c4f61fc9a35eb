"""Text in any declared encoding as UTF-8, stretch by stretch; a byte that fits nowhere is named with its place."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from ingest.readers.limits import MEBIBYTE, FileFault, Limits, as_escaped_text

UTF_8 = "utf-8"
# Longer marks first: UTF-32 begins like UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings in which every character stands alone; those with a state between characters are not for tables.
_PLAIN = re.compile(r"(utf-8|utf-16|utf-32|cp|iso8859|mac-|koi8|ascii|gb|big5|shift_jis|euc).*")
# Whoever takes the blocks on has work early, while the next are read.
_FIRST_BYTES = MEBIBYTE
_MEND = "Declare the encoding of the file in its profile, or save it as UTF-8."


def checked_encoding(name: str) -> str:
    """The usual name of an encoding that a profile may declare."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        raise ValueError(f"there is no encoding '{name}'; write one such as utf-8, cp1252 or iso-8859-15") from None
    usual = UTF_8 if info.name == "utf-8-sig" else info.name
    if not info._is_text_encoding or not _PLAIN.fullmatch(usual):
        raise ValueError(f"'{name}' is no encoding for tables; write one such as utf-8, cp1252 or iso-8859-15")
    return usual


def marked_encoding(start: bytes) -> tuple[str | None, int]:
    """The encoding that a byte order mark names, and how many bytes the mark takes."""
    return next(((name, len(mark)) for mark, name in _MARKS if start.startswith(mark)), (None, 0))


def as_utf8(stream: BinaryIO, encoding: str, limits: Limits) -> Iterator[tuple[bytes, int]]:
    """Stretches of the stream as UTF-8, each with the offset of its first byte in the stream.

    A byte order mark counts for more than the declaration. UTF-8 itself is passed on
    unchecked: whoever cuts it into lines can check it at whole characters.
    """
    offset, first = 0, True
    decoder = None
    for data in _stretches(stream, limits):
        if first:
            marked, length = marked_encoding(data)
            encoding, data, offset, first = marked or encoding, data[length:], length, False
            decoder = None if encoding == UTF_8 else _Decoder(encoding, offset)
        if data:
            yield (data if decoder is None else decoder.utf8(data)), offset
        offset += len(data)
    if decoder is not None:
        decoder.finish()


def _stretches(stream: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """Blocks of the stream, growing from a small one; what could be read before a fault comes out before it."""
    wanted = min(limits.block_bytes, _FIRST_BYTES)
    while True:
        parts, size, fault = [], 0, None
        while size < wanted:
            try:
                part = stream.read1(wanted - size)
            except FileFault as error:
                fault = error
                break
            if not part:
                break
            parts.append(part)
            size += len(part)
        if parts:
            yield parts[0] if len(parts) == 1 else b"".join(parts)
        if fault:
            raise fault
        if not parts:
            return
        wanted = min(limits.block_bytes, 2 * wanted)


class _Decoder:
    """From one encoding to UTF-8, with the place of what cannot be decoded."""

    def __init__(self, encoding: str, offset: int):
        # Without an order in the name, Intel's is the usual one.
        self._encoding = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
        self._decoder = codecs.getincrementaldecoder(self._encoding)("strict")
        self._offset, self._line, self._rest = offset, 1, 0

    def utf8(self, data: bytes) -> bytes:
        text = self._decoded(data, is_last=False)
        if (position := text.find("\x00")) >= 0:
            raise self._nul(text, position)
        self._offset += len(data)
        self._rest = len(self._decoder.getstate()[0])
        self._line += text.count("\n")
        return text.encode(UTF_8)

    def finish(self) -> None:
        self._decoded(b"", is_last=True)

    def _nul(self, text: str, position: int) -> FileFault:
        before = text[:position]
        place = self._offset - self._rest + len(before.encode(self._encoding))
        line = before.rpartition("\n")[2] + "\\x00"
        return encoding_fault("NUL_BYTE", "a NUL byte", self._line + before.count("\n"), place, line)

    def _decoded(self, data: bytes, is_last: bool) -> str:
        try:
            return self._decoder.decode(data, is_last)
        except UnicodeDecodeError as error:
            place = self._offset - self._rest + error.start
            before = error.object[: error.start].decode(self._encoding, errors="replace")
            line = self._line + before.count("\n")
            raw = before.rpartition("\n")[2] + as_escaped_text(error.object[error.start : error.start + 4])
            words = f"byte 0x{error.object[error.start]:02x}, which is not {self._encoding}"
            raise encoding_fault("ENCODING", words, line, place, raw) from None


def encoding_fault(code: str, words: str, line: int, offset: int, raw: str) -> FileFault:
    """A byte that no text of the encoding has."""
    return FileFault(code, f"line {line}, byte offset {offset}: {words}", _MEND, line_number=line, raw=raw)
