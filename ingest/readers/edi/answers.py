"""What an acknowledgement has to say of a file: which messages came, which are refused, which lines were set aside."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.readers.edi.envelope import Dialect, Group, Interchange, Message, segments_of
from ingest.readers.edi.survey import survey_as_far
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Reasons

# A partner reads some dozen complaints about one message, not a million.
_MOST_NOTES = 100
# Every byte is a character of it: an acknowledgement never fails on the text that it does not repeat.
_ENCODING = "iso8859-1"


@dataclass
class Answered:
    """A file as an acknowledgement sees it; ``broken`` is the interchange whose envelope ended the reading."""

    interchanges: list[Interchange]
    groups: list[Group]
    messages: list[Message]
    numbers: list[int]
    broken: Interchange | None
    is_refused: bool
    is_cut: bool
    read_types: tuple[str, ...]
    _by_group: dict[int, list[Message]] = field(default_factory=dict)
    _groups_by_interchange: dict[int, list[Group]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for message in self.messages:
            self._by_group.setdefault(id(message.group or message.interchange), []).append(message)
        starts = [interchange.first for interchange in self.interchanges]
        for group in self.groups:
            start = starts[bisect_left(starts, group.first) - 1]
            self._groups_by_interchange.setdefault(start, []).append(group)

    def groups_of(self, interchange: Interchange) -> list[Group]:
        """The groups of an interchange, in order."""
        return self._groups_by_interchange.get(interchange.first, [])

    def messages_of(self, parent: Group | Interchange) -> list[Message]:
        """The messages of a group, or those of an interchange that are in no group."""
        return self._by_group.get(id(parent), [])

    def refusal_of(self, message: Message) -> str | None:
        """Why a whole message is refused; None where it is not."""
        if message.fault is not None:
            return message.fault_kind
        if message.type_code not in self.read_types:
            return "TYPE"
        return "FILE" if self.is_refused else None

    def bad_of(self, message: Message) -> list[int]:
        """The first bad rows of a message that is not refused as a whole."""
        if self.refusal_of(message) is not None:
            return []
        start, end = bisect_left(self.numbers, message.first), bisect_right(self.numbers, message.last)
        return self.numbers[start : min(end, start + _MOST_NOTES)]


def answered_of(
    path: Path, dialect: Dialect, limits: Limits, bad: Reasons, fault: str | None, read_types: Sequence[str]
) -> Answered:
    """Look through the file once more; where its end is missing, what came before it is known all the same."""
    found, broken = survey_as_far(path, dialect, limits, _ENCODING)
    is_envelope = isinstance(broken, FileFault)
    return Answered(
        interchanges=found.interchanges,
        groups=found.groups,
        messages=found.messages,
        numbers=sorted(bad),
        broken=found.interchanges[-1] if is_envelope and found.interchanges else None,
        is_refused=is_envelope or fault is not None,
        is_cut=is_envelope and "opens at" in broken.message,
        read_types=tuple(read_types),
    )


def tags_of(path: Path, dialect: Dialect, limits: Limits, answered: Answered) -> dict[int, str]:
    """The tag of the segment of every bad row that is to be named."""
    messages = [message for message in answered.messages if answered.bad_of(message)]
    tags: dict[int, str] = {}
    if not messages:
        return tags
    for message, parts in segments_of(dialect.stretches(path, limits, _ENCODING), messages):
        wanted = answered.bad_of(message)
        for stretch, segments, first in parts:
            for number in wanted:
                if first <= number < first + len(segments):
                    tags[number] = segments[number - first].split(stretch.separators.element, 1)[0]
    return tags
