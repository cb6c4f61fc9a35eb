"""An EDI file as rows of one kind, as raw rows and as an envelope: what both standards share."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.contracts import CONTRACTS
from ingest.readers.edi.builder import Builder
from ingest.readers.edi.envelope import Dialect, Message, Survey, segments_of
from ingest.readers.edi.segments import Separators, Stretch
from ingest.readers.edi.survey import survey
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Envelope, Raw, Reasons, Records

_ROWS_AT_ONCE = 50_000
_SEND = "Send inventory, price, answer or ship messages here; other messages belong to other systems."


@dataclass(frozen=True)
class Format:
    """One standard: its envelope, the builder of each message that is read, and names for all the others.

    ``line_tags`` begin a line of a message: they bound the raw text of a row.
    """

    dialect: Dialect
    builders: Mapping[str, type[Builder]]
    names: Mapping[str, str]
    line_tags: tuple[str, ...]

    def described(self, type_code: str) -> str:
        """``an 850 purchase order``, for people."""
        name = self.names.get(type_code)
        article = "an" if type_code[:1] in "8AEIO" else "a"
        return f"{article} {type_code or 'unnamed message'}{' ' + name if name else ''}"

    def kinds_of(self, message: Message, options: Any) -> tuple[str, ...]:
        """The kinds of contract that a message carries."""
        builder = self.builders.get(message.type_code)
        if builder is None:
            return ()
        kinds = tuple(builder.columns)
        if "stock_count" in kinds:
            return (options.inventory_kind,)
        # A catalogue without prices is one, and nothing more.
        return tuple(kind for kind in kinds if kind != "supplier_price" or message.has_price)


def read_envelope(form: Format, path: Path, options: Any, limits: Limits) -> Envelope:
    """What the file says of itself; raises ``FileFault`` for a broken envelope and for a file without inventory."""
    found = _surveyed(form, path, options, limits)
    first = found.interchanges[0]
    kinds = {kind for message in found.messages for kind in form.kinds_of(message, options)}
    return Envelope(
        kinds=tuple(kind for kind in CONTRACTS if kind in kinds),
        document_number=first.reference,
        sender=first.sender[1],
        receiver=first.receiver[1],
        stated_at=first.stated_at,
    )


def read_records(form: Format, path: Path, kind: str, options: Any, limits: Limits) -> Iterator[Records]:
    """The rows of one kind; a spoiled message gives bad rows alone, and a message of no kind is named as one."""
    found = _surveyed(form, path, options, limits)
    messages, strangers = _told_apart(form, kind, options, found)
    rows = _Rows(form.builders[messages[0].type_code](kind, options), limits)
    for message, parts in segments_of(form.dialect.stretches(path, limits, options.encoding), messages):
        yield from rows.of(message, parts)
    for message in strangers:
        words = f"{form.described(message.type_code)}, which carries no inventory"
        rows.bad[message.first] = [f"NOT_INVENTORY: {words}"]
    yield rows.given()


def _told_apart(form: Format, kind: str, options: Any, found: Survey) -> tuple[list[Message], list[Message]]:
    """Messages that can be rows of the kind, and those that no kind takes.

    The latter are named once: with the first of the kinds that the file carries.
    """
    carried = {k for message in found.messages for k in form.kinds_of(message, options)}
    # One type of message for each kind, so that one builder does for all of them.
    takers = {type_code for type_code, builder in form.builders.items() if kind in builder.columns}
    messages = [message for message in found.messages if message.type_code in takers]
    if not messages:
        raise FileFault("NOT_INVENTORY", f"the file carries {', '.join(sorted(carried))}, not {kind}", _SEND)
    first = next((k for k in CONTRACTS if k in carried), kind)
    strangers = [message for message in found.messages if message.type_code not in form.builders]
    return messages, strangers if kind == first or kind not in carried else []


class _Rows:
    """Rows collected over messages, given away in stretches of a bounded size."""

    def __init__(self, builder: Builder, limits: Limits):
        self.bad: Reasons = {}
        self._builder, self._limits = builder, limits
        self._tables: list[pa.Table] = []
        self._numbers: list[int] = []
        self._separators: Separators | None = None
        self._count, self._bytes, self._seen = 0, 0, -1

    def of(self, message: Message, parts: Iterator[tuple[Stretch, list[str], int]]) -> Iterator[Records]:
        """Take one message; whenever enough rows have come together, give them away."""
        builder, separators = self._builder, message.interchange.separators
        if separators != self._separators:
            # Released characters mean themselves only by the separators that they were sent with.
            self._drain()
            self._separators = separators
        builder.open(message)
        count = self._count
        for stretch, segments, number in parts:
            if stretch.first != self._seen:
                self._seen = stretch.first
                self._bytes += len(stretch.raw)
            before = len(builder.rows)
            builder.feed(segments, number, separators, stretch.has_released)
            if number + len(segments) - 1 == message.last:
                builder.close()
            self._count += len(builder.rows) - before + len(builder.bad)
            self._take_bad(message, before)
            if len(builder.rows) >= _ROWS_AT_ONCE or len(self.bad) >= _ROWS_AT_ONCE:
                yield self.given()
        if message.fault and self._count == count:
            self.bad[message.first] = [message.fault]

    def _take_bad(self, message: Message, before: int) -> None:
        """Bad rows of the builder; of a spoiled message, all of its rows."""
        builder = self._builder
        bad, builder.bad = builder.bad, {}
        if message.fault:
            spoiled = builder.numbers[before:]
            del builder.numbers[before:], builder.rows[before:]
            bad = {number: [message.fault, *bad.get(number, [])] for number in (*spoiled, *bad)}
        self.bad.update(bad)
        if self._count > self._limits.row_count:
            words = f"the file has more than {self._limits.row_count} rows"
            raise FileFault("TOO_LARGE", words, "Send it in several files.")

    def _drain(self) -> None:
        columns, numbers = self._builder.drained()
        arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
        self._tables.append(pa.table(arrays))
        self._numbers += numbers

    def given(self) -> Records:
        """What has come together so far."""
        self._drain()
        tables = [table for table in self._tables if table.num_rows] or self._tables[:1]
        records = Records(pa.concat_tables(tables), pa.array(self._numbers, pa.int64()), self.bad, self._bytes)
        self._tables, self._numbers, self.bad, self._bytes = [], [], {}, 0
        return records


def raw_rows(form: Format, path: Path, options: Any, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """The segments of the lines that rows came from, one to a line as sent, and where they stand."""
    wanted = sorted(set(numbers))
    found: dict[int, Raw] = {}
    if not wanted:
        return found
    survey_of_file = survey(path, form.dialect, limits, options.encoding)
    starts = [message.first for message in survey_of_file.messages]
    places = {bisect_right(starts, number) - 1 for number in wanted}
    messages = [survey_of_file.messages[place] for place in sorted(places) if place >= 0]
    for message, parts in segments_of(form.dialect.stretches(path, limits, options.encoding), messages):
        inside = wanted[bisect_left(wanted, message.first) : bisect_right(wanted, message.last)]
        found |= _raw_of(form, message, parts, inside, limits.raw_characters_of_each(len(wanted)))
    return found


def _raw_of(
    form: Format,
    message: Message,
    parts: Iterator[tuple[Stretch, list[str], int]],
    wanted: list[int],
    longest: int,
) -> dict[int, Raw]:
    """Raw rows of one message: each from the beginning of its line to the beginning of the next."""
    found: dict[int, Raw] = {}
    group: list[str] = []
    start, tags = message.first, {}
    is_wanted = set(wanted)
    inside: dict[int, str] = {}

    def end_group() -> None:
        text = "\n".join(group)
        for number, tag in inside.items():
            place = f"message {message.number} segment {number - message.first + 1} ({tag})"
            found[number] = Raw.cut(text, place, longest)
        group.clear()
        inside.clear()

    for stretch, segments, number in parts:
        separators = stretch.separators
        written, element = separators.written_characters, separators.element
        tags = {(tag + element)[:3] for tag in (*form.line_tags, *form.dialect.tags[4:], form.dialect.total_tag)}
        for ordinal, segment in enumerate(segments, number):
            if segment[:3] in tags and ordinal != start:
                end_group()
            # A header may be long, and a raw row is for people.
            if len(group) < 200:
                sent = segment.translate(written) if stretch.has_released else segment
                group.append(sent + separators.terminator.strip())
            if ordinal in is_wanted:
                inside[ordinal] = segment.split(element, 1)[0]
    end_group()
    return found


def _surveyed(form: Format, path: Path, options: Any, limits: Limits) -> Survey:
    found = survey(path, form.dialect, limits, options.encoding)
    if not found.messages:
        raise FileFault("HEADER_ONLY", "the file has an interchange and no message", "Send the file with its messages.")
    if not any(message.type_code in form.builders for message in found.messages):
        types = dict.fromkeys(message.type_code for message in found.messages)
        what = ", ".join(form.described(type_code) for type_code in types)
        read = ", ".join(form.builders)
        words = f"{what}, which carr{'ies' if len(types) == 1 else 'y'} no inventory; {read} are read"
        raise FileFault("NOT_INVENTORY", words, _SEND)
    return found
