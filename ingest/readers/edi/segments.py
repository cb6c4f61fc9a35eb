"""EDI files as stretches of whole segments: unpacked, decoded and split in bulk; memory is a block, not the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingest.readers.limits import FileFault, Limits, as_escaped_text
from ingest.readers.unpacking import opened

_BLANKS = re.compile(rb"(?:[ \t\r\n\x0b\x0c\x1a]++|\xef\xbb\xbf)*+")
_HEAD_BYTES = 4096
# Noncharacters of Unicode, which no text may exchange: they stand for released characters while segments are split.
_STAND_INS = "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4"


@dataclass(frozen=True)
class Separators:
    """The service characters of one interchange; an empty one is not in use."""

    element: str
    component: str
    terminator: str
    release: str = ""
    repetition: str = ""

    @cached_property
    def _released(self) -> tuple[tuple[str, str], ...]:
        characters = (self.release, self.element, self.component, self.terminator, self.repetition)
        return tuple((stand_in, c) for stand_in, c in zip(_STAND_INS, characters, strict=True) if c)

    def hidden(self, text: str) -> str:
        """The text with every released character replaced by its stand-in."""
        if any(stand_in in text for stand_in in _STAND_INS):
            raise _fault("PARSE", "the text holds a character that no text may exchange (U+FDD0 to U+FDD4)")
        for stand_in, character in self._released:
            text = text.replace(self.release + character, stand_in)
        # A release before any other character releases nothing, and means that character.
        return text.replace(self.release, "")

    @cached_property
    def plain_characters(self) -> dict[int, str]:
        """For ``str.translate``: stand-ins back to the characters that they stand for."""
        return {ord(stand_in): character for stand_in, character in self._released}

    @cached_property
    def written_characters(self) -> dict[int, str]:
        """For ``str.translate``: stand-ins back to what was sent, release and all."""
        return {ord(stand_in): self.release + character for stand_in, character in self._released}


@dataclass(frozen=True)
class Head:
    """How an interchange is to be read; ``length`` bytes come before its first segment."""

    separators: Separators
    encoding: str
    length: int = 0


@dataclass(frozen=True)
class Stretch:
    """Whole segments of one interchange without their terminators; the first is the ``first``-th of the file."""

    segments: list[str]
    first: int
    separators: Separators
    raw: bytes
    first_line: int
    has_released: bool

    def line_of(self, ordinal: int) -> int:
        """The line of the file on which a segment of this stretch begins."""
        start = _after_segments(self.raw, self.separators, ordinal - self.first)
        return self.first_line + self.raw.count(b"\n", 0, _BLANKS.match(self.raw, start).end())


# What reads the head of an interchange: its first bytes and a declared encoding.
HeadReader = Callable[[bytes, str | None], Head]


def stretches(
    path: Path, read_head: HeadReader, trailer: str, limits: Limits, encoding: str | None = None
) -> Iterator[Stretch]:
    """The segments of every interchange of a file, in order; raises ``FileFault`` where it cannot go on."""
    reader = _Reader(read_head, trailer, limits, encoding)
    with opened(path, limits) as stream:
        while data := stream.read(min(limits.block_bytes, limits.edi_block_bytes)):
            yield from reader.take(data)
    yield from reader.take(b"", is_last=True)
    if reader.ordinal == 1:
        raise _fault("EMPTY_FILE", "the file has no segment", "Send the file again, with its content.")


class _Reader:
    """What is left over between blocks: bytes without a terminator, and how the open interchange is read."""

    def __init__(self, read_head: HeadReader, trailer: str, limits: Limits, encoding: str | None):
        self._read_head, self._trailer = read_head, trailer
        self._limits, self._encoding = limits, encoding
        # Bytes before ``_at`` are done with; cutting them off for each interchange would copy the block each time.
        self._pending, self._at = b"", 0
        self._head: Head | None = None
        self.ordinal, self.line = 1, 1

    def take(self, data: bytes, is_last: bool = False) -> Iterator[Stretch]:
        self._check_nul(data)
        self._pending, self._at = self._pending[self._at :] + data, 0
        while self._has_head(is_last):
            piece = self._piece(is_last)
            if not piece:
                return
            stretch, length = self._stretch(piece)
            self._at += length
            self.ordinal += len(stretch.segments)
            self.line += stretch.raw.count(b"\n")
            if stretch.segments:
                yield stretch

    def _has_head(self, is_last: bool) -> bool:
        """Whether the pending bytes can be split: reads the head of the next interchange, where one begins."""
        if self._head is not None:
            return self._at < len(self._pending)
        self._skip_blanks()
        if self._at >= len(self._pending) or (len(self._pending) - self._at < _HEAD_BYTES and not is_last):
            return False
        start = self._pending[self._at : self._at + _HEAD_BYTES]
        try:
            self._head = self._read_head(start, self._encoding)
        except FileFault as fault:
            where = f"segment {self.ordinal}, line {self.line}: {fault.message}"
            raise FileFault(fault.code, where, fault.mend, self.line, as_escaped_text(start[:200])) from None
        self.line += start.count(b"\n", 0, self._head.length)
        self._at += self._head.length
        return True

    def _skip_blanks(self) -> None:
        """What may stand before an interchange: blanks, and the byte order mark of a file that was joined on."""
        end = _BLANKS.match(self._pending, self._at).end()
        self.line += self._pending.count(b"\n", self._at, end)
        self._at = end

    def _piece(self, is_last: bool) -> bytes:
        """Whole segments: to the end of the interchange where it is in sight, else as far as they go."""
        separators, at = self._head.separators, self._at
        end = self._trailer_at((self._trailer + separators.element).encode(), separators.terminator.encode())
        cut = _after_segments(self._pending, separators, 1, end) if end >= 0 else 0
        if not cut:
            cut = _last_cut(self._pending, separators, at)
            if (rest := len(self._pending) - cut) > self._limits.segment_bytes:
                raise self._too_long(rest)
        if is_last and cut <= at:
            return self._pending[at:] + separators.terminator.encode()
        return self._pending[at:cut]

    def _trailer_at(self, trailer: bytes, terminator: bytes) -> int:
        """Where the next segment begins that ends an interchange; -1 where none does."""
        found = self._pending.find(trailer, self._at)
        while found >= 0:
            before = found - 1
            while before >= self._at and self._pending[before] in b" \t\r\n" and self._pending[before] != terminator[0]:
                before -= 1
            if before < self._at or self._pending[before] == terminator[0]:
                return found
            found = self._pending.find(trailer, found + 1)
        return -1

    def _stretch(self, piece: bytes) -> tuple[Stretch, int]:
        """The segments of a piece, up to the end of the interchange, and how many bytes they took."""
        separators, length = self._head.separators, len(piece)
        text = _without_line_ends(self._decoded(piece), separators.terminator)
        has_released = bool(separators.release) and separators.release in text
        segments = _split(text, separators, has_released)
        trailer = self._trailer + separators.element
        if trailer in text:
            count = next((i for i, s in enumerate(segments, 1) if s.startswith(trailer)), 0)
            if count:
                segments = segments[:count]
                length = _after_segments(piece, separators, count) or length
                self._head = None
        self._check_sizes(segments, separators)
        segments = [segment for segment in segments if segment] if "" in segments else segments
        return Stretch(segments, self.ordinal, separators, piece[:length], self.line, has_released), length

    def _decoded(self, piece: bytes) -> str:
        encoding = self._head.encoding
        try:
            return piece.decode(encoding)
        except UnicodeDecodeError as error:
            line = self.line + piece.count(b"\n", 0, error.start)
            ordinal = self.ordinal + piece.count(self._head.separators.terminator.encode(), 0, error.start)
            raise FileFault(
                "ENCODING",
                f"segment {ordinal}, line {line}: byte 0x{piece[error.start]:02x}, which is not {encoding}",
                "Say in the profile which encoding the sender uses, or ask for UTF-8.",
                line,
                as_escaped_text(piece[max(0, error.start - 80) : error.start + 80]),
            ) from None

    def _check_nul(self, data: bytes) -> None:
        if (position := data.find(b"\x00")) >= 0:
            line = self.line + self._pending.count(b"\n", self._at) + data.count(b"\n", 0, position)
            raw = as_escaped_text(data[max(0, position - 80) : position + 80])
            raise FileFault("NUL_BYTE", f"line {line}: a NUL byte", "Send the file as text.", line, raw)

    def _check_sizes(self, segments: list[str], separators: Separators) -> None:
        longest = max(map(len, segments), default=0)
        if longest > self._limits.segment_bytes:
            raise self._too_long(longest)
        if longest > self._limits.element_count:
            for segment in segments:
                if segment.count(separators.element) > self._limits.element_count:
                    words = f"near segment {self.ordinal}: a segment of more than {self._limits.element_count} elements"
                    raise _fault("PARSE", words)

    def _too_long(self, length: int) -> FileFault:
        words = f"near segment {self.ordinal}, line {self.line}: a segment of {length} bytes or more"
        mend = "Check that every segment ends with the terminator that the first one names."
        return FileFault(
            "LINE_TOO_LONG", words, mend, self.line, as_escaped_text(self._pending[self._at : self._at + 200])
        )


def _without_line_ends(text: str, terminator: str) -> str:
    """Line ends say nothing, wherever they are: some senders wrap at 80 characters, in the middle of a word."""
    for line_end in "\r\n":
        if line_end != terminator and line_end in text:
            text = text.replace(line_end, "")
    return text


def _split(text: str, separators: Separators, has_released: bool) -> list[str]:
    """Segments of a text that ends with a terminator; blanks before a segment say nothing."""
    if has_released:
        text = separators.hidden(text)
    segments = text.split(separators.terminator)
    segments.pop()
    if text[:1].isspace() or any(separators.terminator + blank in text for blank in " \t\r\n\x1a"):
        segments = [segment.lstrip(" \t\r\n\x1a") for segment in segments]
    if separators.terminator.isspace() and " " + separators.terminator in text:
        segments = [segment.rstrip(" ") for segment in segments]
    return segments


def _last_cut(data: bytes, separators: Separators, start: int) -> int:
    """Where the last terminator from ``start`` ends that is not released; ``start`` where there is none."""
    terminator = separators.terminator.encode()
    end = data.rfind(terminator, start)
    while end >= 0 and _is_released(data, end, separators.release):
        end = data.rfind(terminator, start, end)
    return end + 1 if end >= 0 else start


def _is_released(data: bytes, position: int, release: str) -> bool:
    """Whether the character is released: an odd number of release characters before it, line ends aside."""
    if not release:
        return False
    count, mark = 0, ord(release)
    for place in range(position - 1, -1, -1):
        if data[place] == mark:
            count += 1
        elif data[place] not in b"\r\n":
            break
    return count % 2 == 1


def _after_segments(data: bytes, separators: Separators, count: int, start: int = 0) -> int:
    """Where the ``count``-th segment from ``start`` ends, its terminator included; 0 where the data ends before."""
    terminator, end = separators.terminator.encode(), start - 1
    while count > 0 and (end := data.find(terminator, end + 1)) >= 0:
        count -= not _is_released(data, end, separators.release)
    return end + 1


def _fault(code: str, words: str, mend: str = "Ask the sender to mend the file and send it again.") -> FileFault:
    return FileFault(code, words, mend)
