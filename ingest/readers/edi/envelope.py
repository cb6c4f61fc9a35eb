"""What a file says of its own shape: interchanges, groups, messages, and how each standard spells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.readers.edi.segments import HeadReader, Separators, Stretch, stretches
from ingest.readers.limits import Limits


@dataclass(slots=True)
class Interchange:
    """One interchange: who sent what to whom, and how it is written."""

    reference: str
    sender: tuple[str, str]
    receiver: tuple[str, str]
    stated_at: str | None
    version: str
    separators: Separators
    first: int
    usage: str = ""
    group_count: int = 0
    message_count: int = 0


@dataclass(slots=True)
class Group:
    """A functional group; EDIFACT interchanges mostly have none, and then the interchange stands in for it."""

    reference: str
    code: str
    sender: str
    receiver: str
    stated_at: str | None
    version: str
    first: int
    message_count: int = 0
    fault: str | None = None


@dataclass(slots=True)
class Message:
    """One message: which segments of the file are its own, and what is wrong with it as a whole."""

    number: int
    type_code: str
    version: str
    reference: str
    first: int
    interchange: Interchange
    group: Group | None
    last: int = 0
    has_price: bool = False
    fault: str | None = None
    # Code of what is wrong, in the words of an acknowledgement: COUNT, REFERENCE, TRAILER, TOTAL.
    fault_kind: str | None = None
    declared_sum: str | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def segment_count(self) -> int:
        return self.last - self.first + 1

    def spoil(self, kind: str, words: str) -> None:
        """Note the first thing that is wrong with the message."""
        if self.fault is None:
            self.fault_kind = kind
            self.fault = f"CONTROL_TOTAL: message {self.number} ({self.type_code}, reference {self.reference}): {words}"


@dataclass
class Survey:
    """Everything that a file says of its own shape."""

    interchanges: list[Interchange] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class Dialect:
    """How one of the two standards spells its envelope.

    ``tags`` are interchange, group and message, each with its trailer. ``openers`` read a header's elements;
    ``counted`` are tags whose number a control total may state; ``check_total`` reads such a statement.
    """

    name: str
    tags: tuple[str, str, str, str, str, str]
    read_head: HeadReader
    open_interchange: Callable[[list[str], Separators], Interchange]
    open_group: Callable[[list[str], Separators], Group]
    open_message: Callable[[list[str], Separators], tuple[str, str, str]]
    counted: tuple[str, ...]
    price_tag: str
    total_tag: str
    check_total: Callable[[Message, list[str], Separators], None]
    # Type of message → the segment and the element that a stated sum is over.
    quantities: Mapping[str, tuple[str, int]]

    def stretches(self, path: Path, limits: Limits, encoding: str | None) -> Iterator[Stretch]:
        return stretches(path, self.read_head, self.tags[1], limits, encoding)


def segments_of(
    stretches: Iterator[Stretch], messages: list[Message]
) -> Iterator[tuple[Message, Iterator[tuple[Stretch, list[str], int]]]]:
    """Each message with its segments, in parts: a stretch, the segments of the message in it, the ordinal of the first.

    Take all parts of a message before the next message; messages must be in the order of the file.
    """
    current = next(stretches, None)

    def parts(message: Message) -> Iterator[tuple[Stretch, list[str], int]]:
        nonlocal current
        while current is not None and current.first <= message.last:
            start = max(message.first, current.first)
            after = current.first + len(current.segments)
            if start < after:
                stop = min(message.last + 1, after)
                yield current, current.segments[start - current.first : stop - current.first], start
            if message.last < after:
                return
            current = next(stretches, None)

    for message in messages:
        yield message, parts(message)
