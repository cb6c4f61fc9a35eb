"""EDIFACT INVRPT, inventory report: what a supplier has for sale, or what a garage counted."""

from __future__ import annotations

from typing import ClassVar

from ingest.readers.edi.builder import (
    AVAILABILITY_COLUMNS,
    COUNT_COLUMNS,
    availability,
    chosen,
    part_number_of,
)
from ingest.readers.edi.edifact_lines import Lines
from ingest.readers.edi.values import date_part, number_of

_AS_OF = ("366", "137", "194")
_RECEIPTS = ("17", "67", "69", "132", "169", "2")
# Code list 7491, the condition of the stock that an INV is about.
_CONDITIONS = {"1": "NEW", "2": "DAMAGED"}
_ON_ORDER = ("21", "54")


class Stock(Lines):
    """One row for each line and place."""

    handlers: ClassVar[dict[str, str]] = Lines.handlers | {
        "LOC": "_location",
        "QTY": "_quantity",
        "INV": "_inventory",
        "GIN": "_identity",
    }
    columns: ClassVar[dict[str, tuple[str, ...]]] = {
        "supplier_availability": AVAILABILITY_COLUMNS,
        "stock_count": COUNT_COLUMNS,
    }

    def start(self) -> None:
        super().start()
        self._places: dict[str, str] = {}

    def begin_line(self, e: list[str], number: int) -> None:
        self._number, self._quantities, self._uom = number, {}, None
        self._place = chosen(self._places, self.options.location_qualifiers)
        self._receipt, self._lot, self._condition = None, None, None

    def end_line(self) -> None:
        row = {
            "brand_code": self.brand,
            "part_number": part_number_of(self.ids, self.options.part_number_qualifiers),
        }
        self.say(row | (self._count() if self.kind == "stock_count" else self._offer()), self._number)

    def line_date(self, qualifier: str, moment: str | None) -> None:
        if qualifier in _RECEIPTS:
            self._receipt = date_part(moment)

    def party(self, qualifier: str, name: str, number: int) -> None:
        if qualifier in self.options.location_qualifiers:
            self._take_place(qualifier, name, number)

    def _location(self, e: list[str], number: int) -> None:
        place = f"LOC{e[1]}"
        if place in self.options.location_qualifiers:
            self._take_place(place, e[2].split(self.component, 1)[0], number)

    def _take_place(self, qualifier: str, name: str, number: int) -> None:
        if self.ids is None:
            self._places[qualifier] = name
            return
        if self._quantities:
            # Another place of the same line: what was said so far belongs to the last one.
            self.end_line()
            self._number = number
        self._place, self._quantities = name, {}

    def _quantity(self, e: list[str], number: int) -> None:
        if self.ids is None:
            return
        parts = e[1].split(self.component)
        if len(parts) > 1:
            self._quantities.setdefault(parts[0], number_of(parts[1]))
        if len(parts) > 2:
            self._uom = self.unit(parts[2])

    def _inventory(self, e: list[str], number: int) -> None:
        self._condition = _CONDITIONS.get(e[2].split(self.component, 1)[0])

    def _identity(self, e: list[str], number: int) -> None:
        if self.ids is not None and e[1] == "BX":
            self._lot = e[2].split(self.component, 1)[0]

    def _offer(self) -> dict[str, str | None]:
        available = chosen(self._quantities, self.options.available_qualifiers)
        return {
            "distribution_centre_code": self._place,
            "available_quantity": available,
            "availability_code": availability(available, chosen(self._quantities, _ON_ORDER)),
            "next_receipt_on": self._receipt,
            "stated_at": self.stated(chosen(self.dates, _AS_OF)),
        }

    def _count(self) -> dict[str, str | None]:
        return {
            "count_number": self.document,
            "garage_code": self._place,
            "lot_number": self._lot,
            "condition_code": self._condition,
            "counted_quantity": chosen(self._quantities, self.options.counted_qualifiers),
            "uom_code": self._uom,
            "counted_at": self.stated(chosen(self.dates, _AS_OF)),
        }
