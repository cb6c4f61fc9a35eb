"""JSON lines: one object to a line, numbers as they were sent. A line that is none is a bad row; the others go on."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from ingest.readers.json_records import Found, as_records
from ingest.readers.json_values import DECODER, NotJson
from ingest.readers.limits import FileFault, Limits, as_escaped_text
from ingest.readers.records import Envelope, Raw, Records
from ingest.readers.unpacking import opened

IS_CANONICAL = False
_BLANK = b" \t\r\n"


class Options(BaseModel, extra="forbid", frozen=True):
    """What a profile may say about JSON lines."""

    decimal: Literal[".", ","] = Field(".", description="The sign that numbers are given with, as in the profile.")

    def informed_by(self, profile: Any) -> Options:
        """The same, and the decimal sign of the profile: its texts and its numbers are then read alike."""
        return self.model_copy(update={"decimal": profile.numbers.decimal})


def read_records(path: Path, kind: str, options: Options, limits: Limits) -> Iterator[Records]:
    """Yield the records; a number is the line of the file. Raises ``FileFault`` where no line is a record."""
    yield from as_records((_found(number, line) for number, line in _lines(path, limits)), limits, options.decimal)


def raw_rows(path: Path, kind: str, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """Lines by number, exactly as sent; bytes that are no text are escaped. A second reading."""
    wanted = set(numbers)
    rows: dict[int, Raw] = {}
    longest = limits.raw_characters_of_each(len(wanted))
    for number, line in _lines(path, limits) if wanted else ():
        if number in wanted:
            rows[number] = Raw.cut(as_escaped_text(line, limits.line_bytes), f"line {number}", longest)
            if len(rows) == len(wanted):
                break
    return rows


def read_envelope(path: Path, options: Options, limits: Limits) -> Envelope:
    """Nothing: lines say nothing of their file."""
    return Envelope()


def _lines(path: Path, limits: Limits) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers and without their line ends."""
    with opened(path, limits) as stream:
        number = 0
        while line := stream.readline(limits.line_bytes + 1):
            number += 1
            if len(line) > limits.line_bytes:
                words = f"line {number} is longer than {limits.line_bytes} bytes"
                raise FileFault("LINE_TOO_LONG", words, "Send one object per line.", number)
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if line := line.strip(_BLANK):
                yield number, line


def _found(number: int, line: bytes) -> Found:
    place = f"line {number}"
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        words = f"byte 0x{line[error.start]:02x} at position {error.start + 1} is not UTF-8"
        return Found(number, None, f"ENCODING: {words}", as_escaped_text(line), place)
    value, why = _parsed(text)
    return Found(number, value, why, text, place)


def _parsed(text: str) -> tuple[Any, str | None]:
    try:
        value, end = DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        return None, f"PARSE: no JSON: {error.msg} at position {error.pos + 1}"
    except NotJson as error:
        return None, f"PARSE: {error}"
    except RecursionError:
        return None, "PARSE: values nest too deep"
    if rest := text[end:].strip():
        return None, f"PARSE: '{rest[:20]}' after the end of the object, at position {end + 1}"
    return value, None
