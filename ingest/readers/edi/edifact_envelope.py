"""How EDIFACT spells its envelope: UNA, UNB, UNG, UNH, their trailers, and CNT."""

from __future__ import annotations

import re

from ingest.readers.edi.envelope import Dialect, Group, Interchange, Message
from ingest.readers.edi.segments import Head, Separators
from ingest.readers.edi.values import moment_of
from ingest.readers.edi.x12_envelope import refuse_foreign
from ingest.readers.limits import FileFault

# Level A and B are ASCII, and senders put UTF-8 into them; X and IATB are read the same way.
_ENCODINGS = {
    "UNOC": "iso8859-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5", "UNOF": "iso8859-7", "UNOG": "iso8859-3",
    "UNOH": "iso8859-4", "UNOI": "iso8859-6", "UNOJ": "iso8859-8", "UNOK": "iso8859-9", "UNOL": "iso8859-15",
}  # fmt: skip
_USUAL = Separators(element="+", component=":", terminator="'", release="?")
# Level B has separators that no keyboard has.
_LEVEL_B = Separators(element="\x1d", component="\x1f", terminator="\x1c")
_LINES = ("INVRPT", "PRICAT", "ORDRSP", "DESADV")
_PLACES = re.compile(rb"^UNB(.)(UNO[A-Z]|[A-Z0-9]{4})?", re.DOTALL)


def read_head(data: bytes, encoding: str | None) -> Head:
    """The separators, from UNA where there is one, and the character set that UNB names."""
    refuse_foreign(data)
    separators, length = _USUAL, 0
    if data.startswith(b"UNA"):
        separators, length = _announced(data[3:9]), 9
        length += len(data[9:]) - len(data[9:].lstrip())
    elif data[3:4] == b"\x1d":
        separators = _LEVEL_B
    found = _PLACES.match(data[length:])
    if found is None or found[1] != separators.element.encode():
        raise _no_head("an interchange begins with UNA or UNB, and this does not")
    level = (found[2] or b"").decode()
    return Head(separators, encoding or _ENCODINGS.get(level, "utf-8"), length)


def _announced(characters: bytes) -> Separators:
    if len(characters) < 6 or not characters.isascii() or characters[:2].isalnum():
        raise _no_head("UNA does not name its six service characters")
    component, element, _, release, repetition, terminator = characters.decode()
    # A blank says that the character is not in use; a fifth one is in use from syntax version 4 on.
    release = "" if release == " " else release
    repetition = "" if repetition == " " else repetition
    if len({component, element, terminator, release}) < 4 or terminator.isalnum() or element.isalnum():
        raise _no_head("UNA names one service character for two uses")
    return Separators(element, component, terminator, release, repetition)


def _no_head(words: str) -> FileFault:
    return FileFault("PARSE", words, "Ask the sender for whole EDIFACT interchanges, from UNA or UNB to UNZ.")


def parts(element: str, separators: Separators) -> list[str]:
    """The components of an element as meant, with room for those that were left out."""
    plain = separators.plain_characters
    return [component.translate(plain) for component in element.split(separators.component)] + [""] * 6


def _open_interchange(elements: list[str], separators: Separators) -> Interchange:
    sender, receiver = parts(elements[2], separators), parts(elements[3], separators)
    date, time, *_ = parts(elements[4], separators)
    return Interchange(
        reference=parts(elements[5], separators)[0].strip(),
        sender=(sender[1].strip(), sender[0].strip()),
        receiver=(receiver[1].strip(), receiver[0].strip()),
        stated_at=moment_of(date, time),
        version=parts(elements[1], separators)[1],
        separators=separators,
        first=0,
    )


def _open_group(elements: list[str], separators: Separators) -> Group:
    date, time, *_ = parts(elements[4], separators)
    version = parts(elements[7], separators)
    return Group(
        reference=parts(elements[5], separators)[0].strip(),
        code=elements[1].strip(),
        sender=parts(elements[2], separators)[0],
        receiver=parts(elements[3], separators)[0],
        stated_at=moment_of(date, time),
        version=":".join(filter(None, version[:2])),
        first=0,
    )


def _open_message(elements: list[str], separators: Separators) -> tuple[str, str, str]:
    identity = elements[2].split(separators.component)
    return identity[0].strip(), ":".join(identity[1:4]), parts(elements[1], separators)[0].strip()


def _check_total(message: Message, elements: list[str], separators: Separators) -> None:
    qualifier, said, *_ = parts(elements[1], separators)
    if message.type_code not in _LINES:
        return
    actual = message.counts.get("LIN", 0)
    if qualifier == "2" and (not said.isdecimal() or int(said[:18]) != actual):
        message.spoil("TOTAL", f"CNT says '{said}' lines, and {actual} came")
    if qualifier == "1" and said:
        message.declared_sum = said.replace(",", ".")


EDIFACT = Dialect(
    name="EDIFACT",
    tags=("UNB", "UNZ", "UNG", "UNE", "UNH", "UNT"),
    read_head=read_head,
    open_interchange=_open_interchange,
    open_group=_open_group,
    open_message=_open_message,
    counted=("LIN",),
    price_tag="PRI",
    total_tag="CNT",
    check_total=_check_total,
    quantities=dict.fromkeys(_LINES, ("QTY", 1)),
)
