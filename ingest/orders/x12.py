"""X12 850, purchase order: one interchange with one group, and a transaction set for each order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ingest.orders.document import Line, Order, identifier, number, refused, words
from ingest.profiles.orders import Orders, Party
from ingest.readers.edi.segments import Separators
from ingest.readers.edi.writing import Element, Verbatim, written

_UNITS = {
    "EA": "EA", "PR": "PR", "SET": "ST", "KT": "KT", "PK": "PK", "CA": "CA", "BX": "BX", "L": "LT", "ML": "ML",
    "KG": "KG", "M": "MR",
}  # fmt: skip
# Element 92: stand-alone, and rush.
_TYPES = {"STOCK": "SA", "RUSH": "RO"}
_PRINTABLE = frozenset(chr(code) for code in range(0x20, 0x7F))
# Code 92 of element 66: a number that the buyer gave; 91 one that the seller gave.
_OURS, _THEIRS = "92", "91"


def write(orders: Sequence[Order], settings: Orders, control_number: int, made_at: datetime) -> bytes:
    """The bytes of one file; ``control_number`` is that of the interchange and of its group."""
    options = settings.x12
    is_old = options.version < "005010"
    signs = [options.element, options.component, options.terminator, *([] if is_old else ["^"])]
    allowed = _PRINTABLE - set(signs)
    separators = Separators(options.element, options.component, options.terminator)
    if control_number > 999_999_999:
        raise refused("the interchange", f"its number {control_number} has more than 9 digits", "Use another format.")
    reference = str(control_number)
    body: list[Sequence[Element]] = []
    for position, order in enumerate(orders, 1):
        body += _Set(order, settings, allowed).segments(str(position).zfill(4))
    sender, receiver = (_party(party) for party in (settings.sender, settings.receiver))
    group = (
        "GS", "PO", sender[1].strip(), receiver[1].strip(), made_at.strftime("%Y%m%d"), made_at.strftime("%H%M"),
        reference, "X", options.version,
    )  # fmt: skip
    header = (
        "ISA", "00", " " * 10, "00", " " * 10, *sender, *receiver, made_at.strftime("%y%m%d"),
        made_at.strftime("%H%M"), Verbatim("U" if is_old else "^"), options.version[:5], reference.zfill(9), "0",
        "T" if settings.is_test else "P", Verbatim(options.component),
    )  # fmt: skip
    trailers = [("GE", str(len(orders)), reference), ("IEA", "1", reference.zfill(9))]
    content = written([header, group, *body, *trailers], separators, "ascii")
    return content if options.line_ends else content.replace(b"\n", b"")


def _party(party: Party | None) -> tuple[str, str]:
    """Qualifier and code as ISA has room for them."""
    return (party.qualifier or "ZZ").ljust(2), party.code.ljust(15)


class _Set:
    """One transaction set."""

    def __init__(self, order: Order, settings: Orders, allowed: frozenset[str]):
        self.order, self.settings, self.allowed = order, settings, allowed

    def segments(self, reference: str) -> list[Sequence[Element]]:
        lines: list[Sequence[Element]] = [("ST", "850", reference), *self._head()]
        total = sum(line.as_ordered(self.settings)[0] for line in self.order.lines)
        for line in self.order.lines:
            lines += self._line(line)
        said = number(total)
        lines.append(("CTT", str(len(self.order.lines)), *([said] if len(said) <= 10 else [])))
        return [*lines, ("SE", str(len(lines) + 1), reference)]

    def _head(self) -> list[Sequence[Element]]:
        order, settings = self.order, self.settings
        type_code = {**_TYPES, **settings.x12.order_types}[order.order_type_code]
        ship_to = self._exact(order.ship_to(settings), 80, "the garage")
        buyer = settings.buyer_code
        return [
            ("BEG", "00", type_code, self._exact(order.purchase_order_number, 22, "the number"), "",
             order.created_at.strftime("%Y%m%d")),
            ("CUR", "BY", order.currency_code),
            *([("N1", "BY", "", _THEIRS, self._exact(buyer, 80, "buyer_code"))] if buyer else []),
            ("N1", "ST", words(order.garage_name, 60, self.allowed),
             _THEIRS if order.garage_code in settings.garages else _OURS, ship_to),
        ]  # fmt: skip

    def _line(self, line: Line) -> list[Sequence[Element]]:
        place, options = f"line {line.line_number}", self.settings.x12
        quantity, unit, price = line.as_ordered(self.settings)
        ids: list[str] = []
        if line.supplier_part_number:
            theirs = self._exact(line.supplier_part_number, 48, f"{place}: the supplier's part number")
            ids += [options.supplier_part_number_qualifier, theirs]
        ids += [options.part_number_qualifier, self._exact(line.part_number, 48, f"{place}: the part number")]
        segments: list[Sequence[Element]] = [
            ("PO1", str(line.line_number), self._number(quantity, 15, place), _UNITS[unit],
             "" if price is None else self._number(price, 17, place), "", *ids),
        ]  # fmt: skip
        if text := words(line.description, 80, self.allowed):
            segments.append(("PID", "F", "", "", "", text))
        if line.need_by_on:
            segments.append(("DTM", "002", line.need_by_on.strftime("%Y%m%d")))
        return segments

    def _exact(self, value: str, longest: int, what: str) -> str:
        return identifier(value, longest, self.allowed, f"order {self.order.purchase_order_number}", what)

    def _number(self, value, longest: int, place: str) -> str:
        said = number(value)
        # The point of a number is not counted.
        if len(said.replace(".", "")) > longest:
            raise refused(
                f"order {self.order.purchase_order_number} {place}", f"{said} has too many digits", "Split it."
            )
        return said
