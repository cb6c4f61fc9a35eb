"""XML as a stream of records, each a small tree that is dropped after use.

Only well-formed XML without a document type is read: no entity is ever declared, no file or
address is ever fetched, and depth, attributes, names, elements and text are counted while reading.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from ingest.readers.limits import FileFault, Limits, as_escaped_text

_FEED_BYTES = 64 * 1024
# Each name of a file is kept by the parser until the end.
_MOST_NAMES, _MOST_NAME_CHARACTERS = 10_000, 1024 * 1024
_LONGEST_END_TAG = 1000
_WELL_FORMED = "Export the file again as well-formed XML and send it whole."


class Node:
    """One element: its name without prefix, attributes, own text, children, and where it stands in the file."""

    __slots__ = ("attributes", "children", "end", "line", "name", "start", "text")

    def __init__(self, name: str, attributes: dict[str, str], line: int, start: int):
        self.name, self.attributes, self.line, self.start = name, attributes, line, start
        self.text, self.children, self.end = "", [], start

    def named(self, name: str) -> Iterator[Node]:
        """The children of this name."""
        return (child for child in self.children if child.name == name)

    def value(self, *names: str) -> str | None:
        """The text of the first child with one of the names; None where there is none, or it is empty."""
        for child in self.children:
            if child.name in names:
                return child.text.strip() or None
        return None


@dataclass(frozen=True)
class Unit:
    """A finished record of the file, and how far the file has been read. ``source`` is filled on request."""

    node: Node
    bytes_read: int
    source: bytes = b""

    def text_of(self, node: Node, encoding: str) -> str:
        """An element of this record exactly as it was sent."""
        start, close = node.start - self.node.start, ">".encode(encoding.removesuffix("-sig"))
        end = self.source.find(close, node.end - self.node.start) + len(close)
        return self.source[start : end if end >= len(close) else None].decode(encoding, errors="backslashreplace")


@dataclass
class XmlStream:
    """The records of one file: elements at the ``units`` paths; subtrees called ``skipped`` are not kept.

    ``check_root`` sees the name and the attributes of the outermost element first, and raises for a file
    that is something else.
    """

    stream: BinaryIO
    limits: Limits
    units: Collection[tuple[str, ...]]
    skipped: Collection[str]
    check_root: Callable[[str, dict[str, str]], None]
    encoding: str = "utf-8"
    _depth: int = 0
    _skip_below: int = 0
    _with_source: bool = False
    _element_count: int = 0
    _name_count: int = 0
    _path: tuple[str, ...] = ()
    _open: list[Node] = field(default_factory=list)
    _done: deque[Node] = field(default_factory=deque)

    def records(self, with_source: bool = False) -> Iterator[Unit]:
        """The records in the order of the file; raises ``FileFault`` where it cannot be read on."""
        parser, self._with_source = self._new_parser(), with_source
        window, window_start, fed = bytearray(), 0, 0
        while True:
            data = self.stream.read(_FEED_BYTES)
            if fed == 0 and data.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
                self.encoding = "utf-16-le" if data[:1] in b"\xff<" else "utf-16-be"
            self._parse(data, fed)
            fed += len(data)
            if with_source:
                window += data
            while self._done:
                node = self._done.popleft()
                source = (
                    bytes(window[node.start - window_start : node.end - window_start + 1000]) if with_source else b""
                )
                yield Unit(node, fed, source)
            if not data:
                return
            self._check_size(fed)
            keep = self._open[0].start if self._open else max(parser.CurrentByteIndex, 0)
            if with_source and keep > window_start:
                del window[: keep - window_start]
                window_start = keep

    def _new_parser(self) -> expat.XMLParserType:
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.XmlDeclHandler = self._declaration
        return parser

    def _parse(self, data: bytes, fed: int) -> None:
        try:
            self._parser.Parse(data, not data)
        except expat.ExpatError as error:
            raise self._malformed(error, data, fed) from None
        except (LookupError, UnicodeError, ValueError) as error:
            raise self._fault("ENCODING", f"its encoding cannot be read ({error})", "Send it as UTF-8.") from None

    def _malformed(self, error: expat.ExpatError, data: bytes, fed: int) -> FileFault:
        words, line = expat.ErrorString(error.code), error.lineno
        if not data:
            message = f"line {line}: the file ends early, in {'/'.join(self._place()) or 'its first element'}"
            return FileFault("TRUNCATED_XML", message, "Send the whole file again.", line, "(the rest is missing)")
        at = max(0, self._parser.ErrorByteIndex - fed)
        message = f"line {line}, column {error.offset + 1}: not well-formed XML ({words})"
        return FileFault("MALFORMED_XML", message, _WELL_FORMED, line, as_escaped_text(data[max(0, at - 80) : at + 80]))

    def _place(self) -> list[str]:
        return [*self._path, *(node.name for node in self._open)][:12]

    def _check_size(self, fed: int) -> None:
        """What is not finished is held in memory by us or by the parser."""
        if fed - self._parser.CurrentByteIndex > self.limits.line_bytes:
            words = f"a tag, comment or value is longer than {self.limits.line_bytes} bytes"
            raise self._fault("TOO_LARGE", words, _WELL_FORMED)
        if self._open and fed - self._open[0].start > self.limits.block_bytes:
            words = f"one {self._open[0].name} is longer than {self.limits.block_bytes} bytes"
            raise self._fault("TOO_LARGE", words, "Send each record as an element of its own.")
        names = self._parser.intern
        if len(names) != self._name_count:
            self._name_count = len(names)
            if len(names) > _MOST_NAMES or sum(map(len, names)) > _MOST_NAME_CHARACTERS:
                raise self._fault("TOO_LARGE", f"more than {_MOST_NAMES} different names of elements", _WELL_FORMED)

    def _fault(self, code: str, words: str, mend: str) -> FileFault:
        line = self._parser.CurrentLineNumber
        return FileFault(code, f"line {line}: {words}", mend, line_number=line)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self.limits.xml_depth or len(attributes) > self.limits.xml_attributes:
            raise self._too_many()
        if self._skip_below:
            return
        local = name.rpartition(":")[2] if ":" in name else name
        if self._open:
            self._inside(local, attributes)
            return
        self._path += (local,)
        if self._depth == 1:
            self.check_root(name, attributes)
        if self._path in self.units:
            self._element_count = 0
            self._parser.CharacterDataHandler = self._text
            self._open.append(Node(local, attributes, self._parser.CurrentLineNumber, self._parser.CurrentByteIndex))

    def _inside(self, local: str, attributes: dict[str, str]) -> None:
        self._element_count += 1
        if self._element_count > self.limits.xml_record_elements:
            raise self._too_many()
        if local in self.skipped:
            self._skip_below = self._depth
            self._parser.CharacterDataHandler = None
            return
        node = Node(local, attributes, 0, self._parser.CurrentByteIndex if self._with_source else 0)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _too_many(self) -> FileFault:
        limits = self.limits
        words = (
            f"more than {limits.xml_depth} elements inside each other, {limits.xml_attributes} attributes"
            f" of one, or {limits.xml_record_elements} of one record"
        )
        return self._fault("TOO_LARGE", words, _WELL_FORMED)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skip_below:
            if self._depth < self._skip_below:
                self._skip_below = 0
                self._parser.CharacterDataHandler = self._text
            return
        if not self._open:
            self._path = self._path[:-1]
            return
        node = self._open.pop()
        if self._with_source:
            node.end = self._parser.CurrentByteIndex
        if not self._open:
            self._path = self._path[:-1]
            self._parser.CharacterDataHandler = None
            self._done.append(node)

    def _text(self, data: str) -> None:
        self._open[-1].text += data

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding and self.encoding == "utf-8":
            self.encoding = encoding

    def _doctype(self, name: str, *_) -> None:
        if name.lower() == "html":
            self.check_root("html", {})
        words = f"it declares a document type ({name[:40]}), through which a file can blow up or read other files"
        raise self._fault("XML_DOCTYPE", words, "Remove the <!DOCTYPE ...> and send the file again.")

    def _entity(self, name: str, *_) -> None:
        raise self._fault("XML_DOCTYPE", f"it declares an entity ({name[:40]})", "Remove it and send the file again.")
