"""The answer to an EDIFACT file: a CONTRL for each interchange."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ingest.readers.edi.answers import Answered, answered_of
from ingest.readers.edi.edifact_envelope import EDIFACT
from ingest.readers.edi.envelope import Group, Interchange, Message
from ingest.readers.edi.writing import EDIFACT_SEPARATORS, Element, written
from ingest.readers.limits import Limits
from ingest.readers.records import Reasons

_REFUSED, _ACCEPTED = "4", "7"
# Code list 0085: what is wrong.
_ERRORS = {
    "TRAILER": "13", "REFERENCE": "28", "COUNT": "29", "TOTAL": "12", "GROUP": "29", "FILE": "18", "TYPE": "14",
}  # fmt: skip
_INVALID_VALUE = "12"


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
    answered = answered_of(path, EDIFACT, limits, bad, fault, read_types)
    segments: list[Sequence[Element]] = []
    for position, interchange in enumerate(answered.interchanges):
        body = _body(interchange, answered)
        if body:
            number = control_number if position == 0 else f"{control_number}-{position + 1}"
            segments += _enveloped(interchange, body, number[:14], made_at)
    return written(segments, EDIFACT_SEPARATORS, "iso8859-1") if segments else None


def _enveloped(
    interchange: Interchange, body: list[Sequence[Element]], number: str, made_at: datetime
) -> list[Sequence[Element]]:
    return [
        ("UNB", ("UNOC", "3"), _party(interchange.receiver), _party(interchange.sender),
         (made_at.strftime("%y%m%d"), made_at.strftime("%H%M")), number),
        ("UNH", "1", ("CONTRL", "D", "3", "UN")),
        *body,
        ("UNT", str(len(body) + 2), "1"),
        ("UNZ", "1", number),
    ]  # fmt: skip


def _party(party: tuple[str, str]) -> Element:
    code, identity = party
    return (identity, code)


def _body(interchange: Interchange, answered: Answered) -> list[Sequence[Element]]:
    groups = answered.groups_of(interchange)
    in_groups = [message for group in groups for message in answered.messages_of(group)]
    messages = [*answered.messages_of(interchange), *in_groups]
    if messages and all(message.type_code == "CONTRL" for message in messages):
        return []
    is_broken = interchange is answered.broken
    action: tuple[str, ...] = (_REFUSED, "13" if answered.is_cut else "29") if is_broken else (_ACCEPTED,)
    header = ("UCI", interchange.reference, _party(interchange.sender), _party(interchange.receiver), *action)
    if is_broken:
        return [header]
    body: list[Sequence[Element]] = [header, *_messages(answered.messages_of(interchange), answered)]
    for group in groups:
        body += [_group(group), *_messages(answered.messages_of(group), answered)]
    return body


def _group(group: Group) -> Sequence[Element]:
    action = (_ACCEPTED,) if group.fault is None else (_REFUSED, _ERRORS["GROUP"])
    return ("UCF", group.reference, group.sender, group.receiver, *action)


def _messages(messages: list[Message], answered: Answered) -> list[Sequence[Element]]:
    lines: list[Sequence[Element]] = []
    for message in messages:
        if message.type_code == "CONTRL":
            continue
        kind = answered.refusal_of(message)
        action = (_ACCEPTED,) if kind is None else (_REFUSED, _ERRORS[kind])
        identity = (message.type_code, *message.version.split(":"))
        lines.append(("UCM", message.reference, identity, *action))
        # An accepted message whose segments are noted: those lines alone were set aside.
        lines += [("UCS", str(number - message.first + 1), _INVALID_VALUE) for number in answered.bad_of(message)]
    return lines
