"""What interchanges, groups and messages a file holds, with every reference and count checked: the first pass.

A broken envelope ends the file; a broken message is noted, so that its lines alone are set aside.
"""

from __future__ import annotations

from pathlib import Path

from ingest.readers.edi.envelope import Dialect, Group, Interchange, Message, Survey
from ingest.readers.edi.segments import Stretch
from ingest.readers.edi.totals import check_sums
from ingest.readers.limits import FileFault, Limits, as_escaped_text

_CUT = "Send the whole file again: its end is missing."
_MEND = "Ask the sender to build the interchange again and send it."


def survey(path: Path, dialect: Dialect, limits: Limits, encoding: str | None = None) -> Survey:
    """Walk every envelope of the file; raises ``FileFault`` where one is broken."""
    found, fault = survey_as_far(path, dialect, limits, encoding)
    if fault is not None:
        raise fault
    return found


def survey_as_far(
    path: Path, dialect: Dialect, limits: Limits, encoding: str | None = None
) -> tuple[Survey, FileFault | None]:
    """The envelopes up to the first that is broken, and what is wrong with that one."""
    walk = _Walk(dialect, limits)
    try:
        for stretch in dialect.stretches(path, limits, encoding):
            walk.take(stretch)
        walk.end()
    except FileFault as fault:
        return walk.found, fault
    summed = [message for message in walk.found.messages if message.declared_sum and not message.fault]
    if summed:
        check_sums(dialect, dialect.stretches(path, limits, encoding), summed)
    return walk.found, None


class _Walk:
    """The open interchange, group and message while the segments go by."""

    def __init__(self, dialect: Dialect, limits: Limits):
        self.found = Survey()
        self._dialect, self._limits = dialect, limits
        self._stretch: Stretch | None = None
        self._interchange: Interchange | None = None
        self._group: Group | None = None
        self._message: Message | None = None

    def take(self, stretch: Stretch) -> None:
        self._stretch = stretch
        element = stretch.separators.element
        steps = (
            self._open_interchange, self._close_interchange, self._open_group, self._close_group,
            self._open_message, self._close_message,
        )  # fmt: skip
        services = {(tag + element)[:3]: step for tag, step in zip(self._dialect.tags, steps, strict=True)}
        services[(self._dialect.total_tag + element)[:3]] = self._check_total
        counted = {(tag + element)[:3]: tag for tag in (*self._dialect.counted, self._dialect.price_tag)}
        for ordinal, segment in enumerate(stretch.segments, stretch.first):
            tag = segment[:3]
            if tag in counted:
                self._count(counted[tag], ordinal)
            elif tag in services:
                services[tag](segment.split(element) + [""] * 20, ordinal)
            elif self._message is None and not self._may_stand_alone(segment):
                raise self._fault("PARSE", ordinal, "stands in no message")

    def end(self) -> None:
        """Check that the last interchange was closed."""
        if self._interchange is not None:
            trailer = self._dialect.tags[1]
            words = f"the interchange {self._interchange.reference} that opens at segment {self._interchange.first}"
            raise FileFault("CONTROL_TOTAL", f"{words} has no {trailer}", _CUT)

    def _may_stand_alone(self, segment: str) -> bool:
        """Service segments of the interchange itself, such as TA1 or UCD."""
        return self._interchange is not None and self._group is None and segment[:2] in ("TA", "UC", "IS")

    def _count(self, tag: str, ordinal: int) -> None:
        if self._message is None:
            raise self._fault("PARSE", ordinal, "stands in no message")
        if tag == self._dialect.price_tag:
            self._message.has_price = True
        else:
            counts = self._message.counts
            counts[tag] = counts.get(tag, 0) + 1

    def _open_interchange(self, elements: list[str], ordinal: int) -> None:
        if self._interchange is not None:
            trailer, reference = self._dialect.tags[1], self._interchange.reference
            raise self._fault("CONTROL_TOTAL", ordinal, f"begins before {trailer} ends interchange {reference}")
        self._check_room(len(self.found.interchanges), "interchanges")
        self._interchange = self._dialect.open_interchange(elements, self._stretch.separators)
        self._interchange.first = ordinal
        self.found.interchanges.append(self._interchange)

    def _close_interchange(self, elements: list[str], ordinal: int) -> None:
        interchange, tags = self._interchange, self._dialect.tags
        if interchange is None:
            raise self._fault("PARSE", ordinal, f"has no {tags[0]} before it")
        self._cut_message(ordinal - 1)
        if self._group is not None:
            raise self._fault("CONTROL_TOTAL", ordinal, f"comes before {tags[3]} ends group {self._group.reference}")
        # EDIFACT counts messages where there are no groups.
        actual = {interchange.group_count} if interchange.group_count or self._dialect.name == "X12" else set()
        if self._dialect.name == "EDIFACT":
            actual.add(interchange.message_count)
        what = "groups" if interchange.group_count or self._dialect.name == "X12" else "messages"
        self._check_count(elements[1], actual, ordinal, what)
        reference = self._plain(elements[2])
        if not same_reference(reference, interchange.reference):
            words = f"names interchange {reference}, and {tags[0]} named {interchange.reference}"
            raise self._fault("CONTROL_TOTAL", ordinal, words)
        self._interchange = None

    def _check_count(self, said: str, actual: set[int], ordinal: int, of_what: str) -> None:
        if _number(said) not in actual:
            found = " or ".join(map(str, sorted(actual)))
            words = f"says '{said}' {of_what}, and {found or 0} came"
            raise self._fault("CONTROL_TOTAL", ordinal, words)

    def _open_group(self, elements: list[str], ordinal: int) -> None:
        if self._interchange is None:
            raise self._fault("PARSE", ordinal, f"has no {self._dialect.tags[0]} before it")
        self._cut_message(ordinal - 1)
        if self._group is not None:
            trailer = self._dialect.tags[3]
            raise self._fault("CONTROL_TOTAL", ordinal, f"begins before {trailer} ends group {self._group.reference}")
        self._check_room(len(self.found.groups), "groups")
        self._group = self._dialect.open_group(elements, self._stretch.separators)
        self._group.first = ordinal
        self._interchange.group_count += 1
        self.found.groups.append(self._group)

    def _close_group(self, elements: list[str], ordinal: int) -> None:
        tags = self._dialect.tags
        if self._group is None:
            raise self._fault("PARSE", ordinal, f"has no {tags[2]} before it")
        self._cut_message(ordinal - 1)
        (group, self._group), reference = (self._group, None), self._plain(elements[2])
        if _number(elements[1]) != group.message_count:
            group.fault = f"{tags[3]} says '{elements[1]}' messages, and {group.message_count} came"
        elif not same_reference(reference, group.reference):
            group.fault = f"{tags[3]} names group {reference}, and {tags[2]} named {group.reference}"
        if group.fault:
            for message in self.found.messages[len(self.found.messages) - group.message_count :]:
                message.spoil("GROUP", f"its group is broken: {group.fault}")

    def _open_message(self, elements: list[str], ordinal: int) -> None:
        tags = self._dialect.tags
        self._cut_message(ordinal - 1)
        if self._interchange is None or (self._group is None and self._dialect.name == "X12"):
            raise self._fault("PARSE", ordinal, f"has no {tags[0] if self._interchange is None else tags[2]} before it")
        type_code, version, reference = self._dialect.open_message(elements, self._stretch.separators)
        self._check_room(len(self.found.messages), "messages")
        number = len(self.found.messages) + 1
        version = version or (self._group.version if self._group else "")
        self._message = Message(
            number, type_code, version, reference, ordinal, self._interchange, self._group, last=ordinal
        )
        self.found.messages.append(self._message)
        self._interchange.message_count += 1
        if self._group is not None:
            self._group.message_count += 1

    def _close_message(self, elements: list[str], ordinal: int) -> None:
        message, tags = self._message, self._dialect.tags
        if message is None:
            raise self._fault("PARSE", ordinal, f"has no {tags[4]} before it")
        message.last, self._message = ordinal, None
        if not same_reference(elements[2], message.reference):
            message.spoil(
                "REFERENCE", f"{tags[5]} names message {elements[2]}, and {tags[4]} named {message.reference}"
            )
        elif _number(elements[1]) != message.segment_count:
            words = f"{tags[5]} says '{elements[1]}' segments, and {message.segment_count} came"
            message.spoil("COUNT", words)

    def _check_room(self, count: int, of_what: str) -> None:
        if count >= self._limits.message_count:
            words = f"the file has more than {self._limits.message_count} {of_what}"
            raise FileFault("TOO_LARGE", words, "Send it in several files.")

    def _cut_message(self, last: int) -> None:
        """A message without a trailer ends where something else begins, and is spoiled."""
        if self._message is not None:
            self._message.last = last
            self._message.spoil("TRAILER", f"it has no {self._dialect.tags[5]}")
            self._message = None

    def _check_total(self, elements: list[str], ordinal: int) -> None:
        if self._message is None:
            raise self._fault("PARSE", ordinal, "stands in no message")
        self._dialect.check_total(self._message, elements, self._stretch.separators)

    def _plain(self, element: str) -> str:
        """An element with its released characters as themselves."""
        return element.translate(self._stretch.separators.plain_characters)

    def _fault(self, code: str, ordinal: int, words: str) -> FileFault:
        stretch = self._stretch
        segment = stretch.segments[ordinal - stretch.first]
        tag = segment.split(stretch.separators.element, 1)[0][:10]
        line = stretch.line_of(ordinal)
        raw = as_escaped_text(segment.encode())
        return FileFault(code, f"segment {ordinal} ({tag}), line {line}: {words}", _MEND, line, raw)


def same_reference(one: str, other: str) -> bool:
    """Whether two control references are the same; zeros in front of a number say nothing."""
    one, other = one.strip(), other.strip()
    return one == other or (one.isdecimal() and other.isdecimal() and one.lstrip("0") == other.lstrip("0"))


def _number(said: str) -> int:
    said = said.strip()
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 15 else -1
