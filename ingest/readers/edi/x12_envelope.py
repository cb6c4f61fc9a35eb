"""How X12 spells its envelope: ISA, GS, ST, their trailers, and CTT."""

from __future__ import annotations

from ingest.readers.edi.envelope import Dialect, Group, Interchange, Message
from ingest.readers.edi.segments import Head, Separators
from ingest.readers.edi.values import moment_of
from ingest.readers.limits import FileFault

_WHAT = {
    b"\xc9\xe2\xc1": ("ENCODING", "is X12 in EBCDIC", "Send it in ASCII or UTF-8: have the transfer convert it."),
    b"\xe4\xd5\xc1": ("ENCODING", "is EDIFACT in EBCDIC", "Send it in ASCII or UTF-8: have the transfer convert it."),
    b"\xe4\xd5\xc2": ("ENCODING", "is EDIFACT in EBCDIC", "Send it in ASCII or UTF-8: have the transfer convert it."),
    b"STX": ("UNSUPPORTED_FORMAT", "is TRADACOMS, which is not read", "Ask the sender for EDIFACT, X12 or CSV."),
}
# What CTT01 counts: the lines of a message; an 856 counts either its HL or its items.
_COUNTED = {"846": ("LIN",), "832": ("LIN",), "855": ("PO1",), "856": ("HL", "LIN")}
_SUMMED = ("846", "855", "856")


def refuse_foreign(data: bytes) -> None:
    """Raise for what is EDI, but not of a kind that can be read."""
    for start, (code, words, mend) in _WHAT.items():
        if data.startswith(start):
            raise FileFault(code, f"the file {words}", mend)


def read_head(data: bytes, encoding: str | None) -> Head:
    """The separators, from the places where ISA has them; padding that was trimmed does no harm."""
    refuse_foreign(data)
    if not data.startswith(b"ISA"):
        raise _no_head("an interchange begins with ISA, and this does not")
    element = data[3:4]
    parts = data.split(element, 16) if element and not element.isalnum() and not element.isspace() else []
    if len(parts) < 17 or len(b"".join(parts[:16])) > 200:
        raise _no_head("ISA does not have its 16 elements between separators")
    component, terminator = parts[16][:1], parts[16][1:2]
    rest = parts[16][2:].lstrip()
    if terminator in (b"\r", b"\n") and rest.split(terminator, 1)[0].rstrip(b"\r\n").endswith(component):
        # ISA16 was left out, so that what stands in its place is the terminator, and a line end follows it.
        component, terminator = b"", component
    if terminator == b" " and parts[16][2:3] in (b"\r", b"\n"):
        # Trailing blanks before line ends: the line end is what ends a segment.
        terminator = parts[16][2:3]
    if not terminator or terminator == element or not (element + component + terminator).isascii():
        raise _no_head("ISA names no terminator of its own")
    repetition = parts[11] if len(parts[11]) == 1 and not parts[11].isalnum() else b""
    separators = Separators(
        element.decode(), component.decode(), terminator.decode(), repetition=repetition.decode("ascii", "ignore")
    )
    return Head(separators, encoding or "utf-8")


def _no_head(words: str) -> FileFault:
    return FileFault("PARSE", words, "Ask the sender for whole X12 interchanges, from ISA to IEA.")


def _open_interchange(elements: list[str], separators: Separators) -> Interchange:
    return Interchange(
        reference=elements[13].strip(),
        sender=(elements[5].strip(), elements[6].strip()),
        receiver=(elements[7].strip(), elements[8].strip()),
        stated_at=moment_of(elements[9], elements[10]),
        version=elements[12],
        separators=separators,
        first=0,
        usage=elements[15].strip(),
    )


def _open_group(elements: list[str], separators: Separators) -> Group:
    return Group(
        reference=elements[6].strip(),
        code=elements[1].strip(),
        sender=elements[2].strip(),
        receiver=elements[3].strip(),
        stated_at=moment_of(elements[4], elements[5]),
        version=elements[8].strip(),
        first=0,
    )


def _open_message(elements: list[str], separators: Separators) -> tuple[str, str, str]:
    return elements[1].strip(), elements[3].strip(), elements[2].strip()


def _check_total(message: Message, elements: list[str], separators: Separators) -> None:
    tags = _COUNTED.get(message.type_code)
    if tags is None:
        return
    actual = [message.counts.get(tag, 0) for tag in tags]
    said = elements[1].strip()
    if said and (not said.isdecimal() or int(said[:18]) not in actual):
        message.spoil("TOTAL", f"CTT says '{said}' lines, and {actual[-1]} came")
    if message.type_code in _SUMMED and elements[2].strip():
        message.declared_sum = elements[2].strip()


X12 = Dialect(
    name="X12",
    tags=("ISA", "IEA", "GS", "GE", "ST", "SE"),
    read_head=read_head,
    open_interchange=_open_interchange,
    open_group=_open_group,
    open_message=_open_message,
    counted=("LIN", "PO1", "HL"),
    price_tag="CTP",
    total_tag="CTT",
    check_total=_check_total,
    # An 846 has a QTY for each thing that it counts, so only its sum over all of them can be meant.
    quantities={"846": ("QTY", 2), "855": ("PO1", 2), "856": ("SN1", 2)},
)
