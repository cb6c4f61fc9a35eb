"""EDIFACT ORDERS D.96A, purchase order: one interchange, and a message for each order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ingest.orders.document import Line, Order, identifier, number, refused, words
from ingest.profiles.orders import Orders, Party
from ingest.readers.edi.writing import EDIFACT_SEPARATORS, Element, written

_UNITS = {
    "EA": "PCE", "PR": "NPR", "SET": "SET", "KT": "KT", "PK": "PK", "CA": "CS", "BX": "BX", "L": "LTR", "ML": "MLT",
    "KG": "KGM", "M": "MTR",
}  # fmt: skip
# Code 1001: order, and rush order.
_TYPES = {"STOCK": "220", "RUSH": "224"}
_LEVEL_A = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>")
_SIGNS = {
    "UNOA": _LEVEL_A,
    "UNOB": _LEVEL_A | frozenset("abcdefghijklmnopqrstuvwxyz"),
    "UNOC": frozenset(chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))),
}
# Code 3055: assigned by the buyer, and by the supplier.
_OURS, _THEIRS = "92", "91"


def write(orders: Sequence[Order], settings: Orders, control_number: int, made_at: datetime) -> bytes:
    """The bytes of one file; ``control_number`` is the reference of the interchange."""
    reference = str(control_number)
    if len(reference) > 14:
        raise refused("the interchange", f"its number {reference} has more than 14 digits", "Use another format.")
    segments: list[Sequence[Element]] = [_header(settings, reference, made_at)]
    for position, order in enumerate(orders, 1):
        segments += _Message(order, settings).segments(str(position))
    segments.append(("UNZ", str(len(orders)), reference))
    encoding = "iso8859-1" if settings.edifact.character_set == "UNOC" else "ascii"
    content = b"UNA:+.? '\n" + written(segments, EDIFACT_SEPARATORS, encoding)
    return content if settings.edifact.line_ends else content.replace(b"\n", b"")


def _header(settings: Orders, reference: str, made_at: datetime) -> Sequence[Element]:
    head: list[Element] = [
        "UNB", (settings.edifact.character_set, "3"), _party(settings.sender), _party(settings.receiver),
        (made_at.strftime("%y%m%d"), made_at.strftime("%H%M")), reference, "", "ORDERS",
    ]  # fmt: skip
    return [*head, "", "", "", "1"] if settings.is_test else head


def _party(party: Party | None) -> Element:
    return (party.code, party.qualifier or "")


class _Message:
    """One message."""

    def __init__(self, order: Order, settings: Orders):
        self.order, self.settings = order, settings
        self.allowed = _SIGNS[settings.edifact.character_set]

    def segments(self, reference: str) -> list[Sequence[Element]]:
        identity = ["ORDERS", "D", "96A", "UN", self.settings.edifact.association_code or ""]
        lines: list[Sequence[Element]] = [("UNH", reference, identity), *self._head()]
        for line in self.order.lines:
            lines += self._line(line)
        lines += [("UNS", "S"), ("CNT", ("2", str(len(self.order.lines))))]
        return [*lines, ("UNT", str(len(lines) + 1), reference)]

    def _head(self) -> list[Sequence[Element]]:
        order, settings = self.order, self.settings
        type_code = {**_TYPES, **settings.edifact.order_types}[order.order_type_code]
        giver = _THEIRS if order.garage_code in settings.garages else _OURS
        name = words(order.garage_name, 35, self.allowed)
        buyer = settings.buyer_code
        return [
            ("BGM", type_code, self._exact(order.purchase_order_number, 35, "the number"), "9"),
            ("DTM", ("137", order.created_at.strftime("%Y%m%d"), "102")),
            *([("NAD", "BY", (self._exact(buyer, 17, "buyer_code"), "", _THEIRS))] if buyer else []),
            ("NAD", "DP", (self._exact(order.ship_to(settings), 17, "the garage"), "", giver), "", name),
            ("CUX", ("2", order.currency_code, "9")),
        ]

    def _line(self, line: Line) -> list[Sequence[Element]]:
        place, options = f"line {line.line_number}", self.settings.edifact
        quantity, unit, price = line.as_ordered(self.settings)
        ours = (self._exact(line.part_number, 35, f"{place}: the part number"), options.part_number_qualifier)
        head: list[Sequence[Element]] = [("LIN", str(line.line_number), "", ours)]
        if line.supplier_part_number:
            theirs = self._exact(line.supplier_part_number, 35, f"{place}: the supplier's part number")
            head = [
                ("LIN", str(line.line_number), "", (theirs, options.supplier_part_number_qualifier)),
                ("PIA", "1", ours),
            ]
        if text := words(line.description, 70, self.allowed):
            head.append(("IMD", "F", "", ("", "", "", text[:35], text[35:])))
        head.append(("QTY", ("21", self._number(quantity, place), _UNITS[unit])))
        if line.need_by_on:
            head.append(("DTM", ("2", line.need_by_on.strftime("%Y%m%d"), "102")))
        if price is not None:
            head.append(("PRI", ("AAA", self._number(price, place))))
        return head

    def _exact(self, value: str, longest: int, what: str) -> str:
        # Level A has capitals alone, and no part differs from another by them.
        value = value.upper() if self.settings.edifact.character_set == "UNOA" else value
        return identifier(value, longest, self.allowed, f"order {self.order.purchase_order_number}", what)

    def _number(self, value: Decimal, place: str) -> str:
        said = number(value)
        # The point of a number is not counted.
        if len(said.replace(".", "")) > 15:
            raise refused(
                f"order {self.order.purchase_order_number} {place}", f"{said} has too many digits", "Split it."
            )
        return said
