"""A JSON file as text that is read value by value: never more of it in memory than one record and a block."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, BinaryIO

from ingest.readers.json_values import DECODER, NotJson, shown
from ingest.readers.limits import MEBIBYTE, FileFault, Limits

_SPACE = re.compile(r"[ \t\n\r]*")
_WHOLE = "Send the file again as well-formed JSON in UTF-8."


class JsonText:
    """The text from where reading stands; ``line`` is the line of that place."""

    def __init__(self, stream: BinaryIO, limits: Limits):
        self._stream, self._limits = stream, limits
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._text, self._at, self._bytes, self._at_end = "", 0, 0, False
        self.line = 1
        self._more()
        if self._text.startswith("\ufeff"):
            self._at = 1

    def peek(self) -> str:
        """The next character that is no blank; nothing at the end of the file."""
        while True:
            end = _SPACE.match(self._text, self._at).end()
            self._forward(end)
            if self._at < len(self._text):
                return self._text[self._at]
            if self._at_end:
                return ""
            self._more()

    def take(self, expected: str, where: str) -> None:
        """Step over one of the expected characters."""
        if (found := self.peek()) != expected:
            raise self.fault(f"'{expected}' expected {where}, found {_quoted(found)}")
        self._forward(self._at + 1)

    def value(self) -> tuple[Any, str]:
        """The whole value that begins here, and its text; raises ``NotJson`` past one that holds NaN."""
        if not self.peek():
            raise self.fault("the file ends where a value should be")
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # What is wrong far from the end of the text is wrong however it goes on.
                is_cut = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - 16
                if not (is_cut and self._more_of_value()):
                    raise self.fault(error.msg, error.pos) from None
                continue
            except NotJson as error:
                raise self.fault(str(error)) from None
            except RecursionError:
                raise self.too_deep() from None
            # A number that ends with the text may go on in the next block.
            if end == len(self._text) and self._more_of_value():
                continue
            raw = self._text[self._at : end]
            self._forward(end)
            return value, raw

    def fault(self, words: str, position: int | None = None) -> FileFault:
        at = self._at if position is None else position
        line = self.line + self._text.count("\n", self._at, at)
        column = at - max(self._text.rfind("\n", 0, at), -1)
        start = self._text.rfind("\n", 0, at) + 1
        raw = shown(self._text[max(start, at - 200) : at + 200].split("\n")[0], 400)
        return FileFault("JSON", f"line {line}, column {column}: {words}", _WHOLE, line, raw)

    def too_deep(self) -> FileFault:
        words = f"line {self.line}: values nest deeper than {self._limits.json_depth} levels"
        return FileFault("TOO_DEEP", words, "Send one flat object per row.", self.line)

    def _forward(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _more_of_value(self) -> bool:
        if self._at_end:
            return False
        if len(self._text) - self._at > max(self._limits.line_bytes, MEBIBYTE):
            words = f"line {self.line}: a value that begins here is longer than {self._limits.line_bytes} bytes"
            raise FileFault("RECORD_TOO_LONG", f"{words}, or never ends", _WHOLE, self.line)
        self._more()
        return True

    def _more(self) -> None:
        data = self._stream.read(MEBIBYTE)
        rest = self._text[self._at :]
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise self._bad_bytes(error) from None
        self._bytes += len(data)
        self._at_end = not data
        self._text, self._at = rest + text, 0

    def _bad_bytes(self, error: UnicodeDecodeError) -> FileFault:
        held = len(self._decoder.getstate()[0])
        offset = self._bytes - held + error.start
        before = self._text.count("\n", self._at) + error.object.count(b"\n", 0, error.start)
        words = f"byte offset {offset}: byte 0x{error.object[error.start]:02x}, which is not UTF-8"
        line = self.line + before
        return FileFault("ENCODING", f"line {line}, {words}", "Save the file as UTF-8 and send it again.", line)


def _quoted(character: str) -> str:
    return f"'{shown(character)}'" if character else "the end of the file"
