"""X12 846, inventory advice: what a supplier has for sale, or what a garage counted."""

from __future__ import annotations

from typing import ClassVar

from ingest.readers.edi.builder import (
    AVAILABILITY_COLUMNS,
    COUNT_COLUMNS,
    Builder,
    availability,
    chosen,
    pairs,
    part_number_of,
)
from ingest.readers.edi.values import date_part, day_of, moment_of, number_of

# Element 374: when more is expected.
_RECEIPTS = ("018", "169", "017", "067", "079", "063")
_AS_OF = ("007", "097", "368", "405")


class Stock(Builder):
    """One row for each line and place."""

    handlers: ClassVar[dict[str, str]] = {
        "BIA": "_beginning", "DTM": "_date", "N1": "_party", "LIN": "_line", "QTY": "_quantity",
        "UIT": "_unit", "SCH": "_schedule", "REF": "_reference", "SDQ": "_destinations",
    }  # fmt: skip
    columns: ClassVar[dict[str, tuple[str, ...]]] = {
        "supplier_availability": AVAILABILITY_COLUMNS,
        "stock_count": COUNT_COLUMNS,
    }

    def start(self) -> None:
        self._document, self._as_of, self._dates = None, None, {}
        self._places, self._brand, self._ids = {}, None, None

    def close(self) -> None:
        self._say()
        self._ids = None

    def _beginning(self, e: list[str], number: int) -> None:
        self._document = e[3] or None
        self._as_of = moment_of(e[4], e[5])

    def _date(self, e: list[str], number: int) -> None:
        if self._ids is None:
            self._dates[e[1]] = moment_of(e[2], e[3], e[4])
        elif e[1] in _RECEIPTS:
            self._receipt = day_of(e[2])

    def _party(self, e: list[str], number: int) -> None:
        name = e[4] or e[2]
        if e[1] == "MF":
            if self._ids is None:
                self._brand = name
            else:
                self._line_brand = name
        elif e[1] in self.options.location_qualifiers:
            if self._ids is None:
                self._places[e[1]] = name
            else:
                if self._quantities:
                    # Another place of the same line: what was said so far belongs to the last one.
                    self._say()
                    self._number = number
                self._place, self._quantities = name, {}

    def _line(self, e: list[str], number: int) -> None:
        self.close()
        self._ids, self._number = pairs(e[2:]), number
        self._place, self._quantities, self._uom = chosen(self._places, self.options.location_qualifiers), {}, None
        self._receipt, self._lot = None, self._ids.get("LT")
        self._line_brand = self._ids.get("MF") or self._brand

    def _quantity(self, e: list[str], number: int) -> None:
        if self._ids is None:
            return
        # A quantity that was said before, of the same place, stays: lots and dates of it follow.
        self._quantities.setdefault(e[1], number_of(e[2]))
        self._uom = self.unit(e[3]) or self._uom

    def _unit(self, e: list[str], number: int) -> None:
        if self._ids is not None:
            self._uom = self.unit(e[1]) or self._uom

    def _schedule(self, e: list[str], number: int) -> None:
        if self._ids is not None and e[6]:
            self._receipt = self._receipt or day_of(e[6])

    def _reference(self, e: list[str], number: int) -> None:
        if self._ids is not None and e[1] == "LT":
            self._lot = e[2]

    def _destinations(self, e: list[str], number: int) -> None:
        self.refuse(number, "PARSE: quantities by destination (SDQ) are not read; send N1 and QTY for each place")

    def _say(self) -> None:
        if self._ids is None:
            return
        row = {
            "brand_code": self._line_brand,
            "part_number": part_number_of(self._ids, self.options.part_number_qualifiers),
        }
        row |= self._count() if self.kind == "stock_count" else self._offer()
        self.say(row, self._number)

    def _stated_at(self) -> str | None:
        return self.stated(chosen(self._dates, _AS_OF) or self._as_of)

    def _offer(self) -> dict[str, str | None]:
        quantities = self._quantities
        available = chosen(quantities, self.options.available_qualifiers)
        return {
            "distribution_centre_code": self._place,
            "available_quantity": available,
            "availability_code": availability(available, quantities.get("63")),
            "next_receipt_on": date_part(self._receipt),
            "stated_at": self._stated_at(),
        }

    def _count(self) -> dict[str, str | None]:
        return {
            "count_number": self._document,
            "garage_code": self._place,
            "lot_number": self._lot,
            "counted_quantity": chosen(self._quantities, self.options.counted_qualifiers),
            "uom_code": self._uom,
            "counted_at": self._stated_at(),
        }
