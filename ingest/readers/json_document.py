"""A JSON document with one list of objects: each object is a row, however large the document.

Numbers stay as they were sent; nested objects become columns with dots in their names. A record
with a key twice, half a character or a NUL is a bad row; what is no JSON ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ingest.readers.json_records import Found, as_records
from ingest.readers.json_text import JsonText
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Envelope, Raw, Records
from ingest.readers.unpacking import opened

IS_CANONICAL = False
_NAME_THE_LIST = "Send a list of objects, or name the list in the profile (records: $.items)."


class Options(BaseModel, extra="forbid", frozen=True):
    """What a profile may say about a JSON document."""

    records: Annotated[str, Field(pattern=r"^\$(\.[^.]+)*$")] | None = Field(
        None, description="Where the list of objects is: $ or $.data.items; None takes the only one there is."
    )
    decimal: Literal[".", ","] = Field(".", description="The sign that numbers are given with, as in the profile.")

    def informed_by(self, profile: Any) -> Options:
        """The same, and the decimal sign of the profile: its texts and its numbers are then read alike."""
        return self.model_copy(update={"decimal": profile.numbers.decimal})


def read_records(path: Path, kind: str, options: Options, limits: Limits) -> Iterator[Records]:
    """Yield the records of the list; raise ``FileFault`` where the document is broken or has no such list.

    A number counts the records of the list from 1.
    """
    yield from as_records(_found(path, options, limits), limits, options.decimal)


def raw_rows(path: Path, kind: str, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """Records by number, exactly as sent, with their place ($.items[3] counts from 0); a second reading."""
    wanted = set(numbers)
    rows: dict[int, Raw] = {}
    longest = limits.raw_characters_of_each(len(wanted))
    for record in _found(path, options, limits) if wanted else ():
        if record.number in wanted:
            rows[record.number] = Raw.cut(record.raw, record.place, longest)
            if len(rows) == len(wanted):
                break
    return rows


def read_envelope(path: Path, options: Options, limits: Limits) -> Envelope:
    """Nothing: what stands around the list has a meaning that only its sender knows."""
    return Envelope()


def _found(path: Path, options: Options, limits: Limits) -> Iterator[Found]:
    with opened(path, limits) as stream:
        walk = _Walk(JsonText(stream, limits), options.records, limits)
        yield from walk.value("$", 1)
        walk.finish()


@dataclass
class _Walk:
    """One pass over a document: what is not the list is checked and left."""

    text: JsonText
    wanted: str | None
    limits: Limits
    taken: str | None = None

    def value(self, place: str, depth: int) -> Iterator[Found]:
        if depth > self.limits.json_depth:
            raise self.text.too_deep()
        start = self.text.peek()
        if start == "{":
            yield from self._object(place, depth)
        elif start == "[":
            yield from self._list(place, depth)
        else:
            self.text.value()

    def finish(self) -> None:
        if rest := self.text.peek():
            raise self.text.fault(f"'{rest}' after the end of the document")
        if self.taken is None:
            words = f"no list at {self.wanted}" if self.wanted else "no list of objects"
            raise FileFault("NO_RECORDS", f"the document has {words}", _NAME_THE_LIST, 1)

    def _object(self, place: str, depth: int) -> Iterator[Found]:
        self.text.take("{", "at the start of an object")
        seen: set[str] = set()
        while self.text.peek() != "}" or seen:
            if self.text.peek() != '"':
                raise self.text.fault("a key in double quotes expected")
            key, _ = self.text.value()
            if key in seen:
                raise self.text.fault("a key stands twice in one object")
            seen.add(key)
            self.text.take(":", "after a key")
            yield from self.value(f"{place}.{key}", depth + 1)
            if self.text.peek() == "}":
                break
            self.text.take(",", "between the members of an object")
        self.text.take("}", "at the end of an object")

    def _list(self, place: str, depth: int) -> Iterator[Found]:
        self.text.take("[", "at the start of a list")
        first = self.text.peek()
        is_it = place == self.wanted if self.wanted else depth == 1 or ("[" not in place and first == "{")
        if is_it and self.taken is not None:
            words = f"the document has two lists of objects, {self.taken} and {place}"
            raise FileFault("AMBIGUOUS_RECORDS", words, "Name the list in the profile (records: $.items).", 1)
        if is_it:
            self.taken = place
        number = 0
        while self.text.peek() != "]" or number:
            if is_it:
                value, raw = self.text.value()
                yield Found(number + 1, value, None, raw, f"{place}[{number}]")
            else:
                yield from self.value(f"{place}[{number}]", depth + 1)
            number += 1
            if self.text.peek() == "]":
                break
            self.text.take(",", "between the values of a list")
        self.text.take("]", "at the end of a list")
