"""The answer to an X12 file: a 997 for each group, and a TA1 where the interchange itself is broken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ingest.readers.edi.answers import Answered, answered_of, tags_of
from ingest.readers.edi.envelope import Group, Interchange, Message
from ingest.readers.edi.writing import X12_SEPARATORS, Element, Verbatim, written
from ingest.readers.edi.x12_envelope import X12
from ingest.readers.limits import Limits
from ingest.readers.records import Reasons

# Element 718: why a transaction set is not accepted; 5 is "segments in error".
_SET_ERRORS = {"TRAILER": "2", "REFERENCE": "3", "COUNT": "4", "TOTAL": "5", "GROUP": "5", "FILE": "5", "TYPE": "1"}
# Groups that are answers themselves; answering them would never end.
_ANSWERS = ("FA", "TA")


def acknowledgement(
    path: Path,
    limits: Limits,
    bad: Reasons,
    fault: str | None,
    control_number: str,
    made_at: datetime,
    read_types: Sequence[str],
) -> bytes | None:
    """One interchange for each that came; None where there is nobody to answer, or nothing but answers to answer."""
    answered = answered_of(path, X12, limits, bad, fault, read_types)
    tags = tags_of(path, X12, limits, answered)
    segments: list[Sequence[Element]] = []
    first = int("".join(filter(str.isdigit, control_number)) or "1")
    for interchange in answered.interchanges:
        body = _body(interchange, answered, tags, made_at, first)
        if body:
            number = str(first % 10**9).zfill(9)
            segments += _enveloped(interchange, body, number, made_at)
            first += 1
    return written(segments, X12_SEPARATORS, "iso8859-1") if segments else None


def _enveloped(
    interchange: Interchange, body: list[Sequence[Element]], number: str, made_at: datetime
) -> list[Sequence[Element]]:
    version = interchange.version if interchange.version.isdigit() else "00401"
    (from_code, from_id), (to_code, to_id) = interchange.receiver, interchange.sender
    groups = sum(segment[0] == "GS" for segment in body)
    header = (
        "ISA", "00", " " * 10, "00", " " * 10, from_code[:2].ljust(2), from_id[:15].ljust(15), to_code[:2].ljust(2),
        to_id[:15].ljust(15), made_at.strftime("%y%m%d"), made_at.strftime("%H%M"),
        "U" if version <= "00401" else "^", version[:5].zfill(5), number, "0", interchange.usage[:1] or "P",
        Verbatim(X12_SEPARATORS.component),
    )  # fmt: skip
    return [header, *body, ("IEA", str(groups), number)]


def _body(
    interchange: Interchange, answered: Answered, tags: dict[int, str], made_at: datetime, first: int
) -> list[Sequence[Element]]:
    groups = [g for g in answered.groups_of(interchange) if g.code not in _ANSWERS]
    came = answered.groups_of(interchange)
    if interchange is answered.broken and (groups or not came):
        return [_refusal(interchange, answered)]
    body: list[Sequence[Element]] = []
    for position, group in enumerate(groups, 1):
        reference = str((first * 1000 + position) % 10**9)
        body += [
            ("GS", "FA", group.receiver, group.sender, made_at.strftime("%Y%m%d"), made_at.strftime("%H%M"),
             reference, "X", group.version or "004010"),
            *_functional(group, answered, tags),
            ("GE", "1", reference),
        ]  # fmt: skip
    return body


def _refusal(interchange: Interchange, answered: Answered) -> Sequence[Element]:
    """TA1: the interchange is refused; 023 where its end is missing, 022 where its structure is broken."""
    stated = (interchange.stated_at or "").replace("-", "").replace(":", "")
    date, _, time = stated.partition("T")
    return ("TA1", interchange.reference, date[2:8], time[:4], "R", "023" if answered.is_cut else "022")


def _functional(group: Group, answered: Answered, tags: dict[int, str]) -> list[Sequence[Element]]:
    lines: list[Sequence[Element]] = [("ST", "997", "0001"), ("AK1", group.code, group.reference)]
    accepted, noted, messages = 0, 0, answered.messages_of(group)
    for message in messages:
        verdict = _verdict(message, answered)
        lines.append(("AK2", message.type_code, message.reference))
        lines += [
            ("AK3", tags.get(number, ""), str(number - message.first + 1), "", "8")
            for number in answered.bad_of(message)
        ]
        lines.append(("AK5", *verdict))
        accepted += verdict[0] != "R"
        noted += verdict[0] == "E"
    lines.append(_summary(group, len(messages), accepted, noted))
    return [*lines, ("SE", str(len(lines) + 1), "0001")]


def _verdict(message: Message, answered: Answered) -> tuple[str, ...]:
    if (kind := answered.refusal_of(message)) is not None:
        return ("R", _SET_ERRORS[kind])
    return ("E", "5") if answered.bad_of(message) else ("A",)


def _summary(group: Group, count: int, accepted: int, noted: int) -> Sequence[Element]:
    code = "R" if not accepted else "P" if accepted < count else "E" if noted else "A"
    summary = ("AK9", code, str(count), str(count), str(accepted))
    if group.fault is None:
        return summary
    return (*summary, "5" if "messages" in group.fault else "4")
