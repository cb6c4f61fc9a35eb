"""EDIFACT DESADV, despatch advice: consignment and packages as CPS levels, each inheriting from the one above."""

from __future__ import annotations

from typing import ClassVar

from ingest.readers.edi.builder import SHIPMENT_COLUMNS, Row, chosen, part_number_of
from ingest.readers.edi.edifact_lines import Lines
from ingest.readers.edi.values import date_part, number_of
from ingest.readers.limits import FileFault

_SHIPPED, _EXPECTED, _EXPIRES = ("11",), ("17", "132", "69", "67", "2"), ("361", "36")
_SHIP_TO = ("DP", "ST", "UC", "CN")
_MOST_LEVELS = 200_000


class Shipments(Lines):
    """One row for each line."""

    handlers: ClassVar[dict[str, str]] = Lines.handlers | {
        "RFF": "_reference", "CPS": "_level", "GIN": "_identity", "QTY": "_quantity", "LOC": "_location",
    }  # fmt: skip
    columns: ClassVar[dict[str, tuple[str, ...]]] = {"ship_notice": SHIPMENT_COLUMNS}

    def start(self) -> None:
        super().start()
        self._order: str | None = None
        self._parties: dict[str, str] = {}
        self._packages: dict[str, str | None] = {}
        self._level_number, self._package = "", None

    def begin_line(self, e: list[str], number: int) -> None:
        self._number = number
        self._row: Row = {"purchase_order_number": self._order, "shipment_line": e[1] or str(self.position)}

    def end_line(self) -> None:
        base = {
            "shipment_number": self.document,
            "brand_code": self.brand,
            "part_number": part_number_of(self.ids, self.options.part_number_qualifiers),
            "supplier_part_number": chosen(self.ids, self.options.supplier_part_number_qualifiers),
            "lot_number": self.ids.get("NB"),
            "package_number": self._package,
            "ship_to_code": chosen(self._parties, _SHIP_TO),
            "shipped_at": chosen(self.dates, _SHIPPED),
            "expected_on": date_part(chosen(self.dates, _EXPECTED)),
            "stated_at": self.stated(self.dates.get("137")),
        }
        self.say(base | self._row, self._number)

    def line_date(self, qualifier: str, moment: str | None) -> None:
        if qualifier in _EXPIRES:
            self._row["expires_on"] = date_part(moment)
        elif qualifier in _EXPECTED:
            self._row.setdefault("expected_on", date_part(moment))

    def party(self, qualifier: str, name: str, number: int) -> None:
        if self.ids is None:
            self._parties[qualifier] = name

    def _level(self, e: list[str], number: int) -> None:
        """A package or the consignment: it lies in the one above until it says its own number."""
        self.close()
        if len(self._packages) >= _MOST_LEVELS:
            words = f"message {self.message.number} has more than {_MOST_LEVELS} packages"
            raise FileFault("TOO_LARGE", words, "Send it as several shipments.")
        self._level_number, self._package = e[1], self._packages.get(e[2])
        self._packages[e[1]] = self._package

    def _identity(self, e: list[str], number: int) -> None:
        code = e[2].split(self.component, 1)[0] or None
        if e[1] == "BX" and self.ids is not None:
            self._row["lot_number"] = code
        elif e[1] in ("BJ", "AW", "SS"):
            if self.ids is not None:
                self._row["package_number"] = code
            else:
                self._package = self._packages[self._level_number] = code

    def _reference(self, e: list[str], number: int) -> None:
        qualifier, reference, line, *_ = [*e[1].split(self.component), "", ""]
        if qualifier == "ON":
            if self.ids is None:
                self._order = reference or None
            else:
                self._row["purchase_order_number"] = reference or self._order
                if line:
                    self._row["purchase_order_line"] = line
        elif qualifier == "LI" and self.ids is not None:
            self._row.setdefault("purchase_order_line", line or reference)
        elif qualifier == "BT" and self.ids is not None:
            self._row["lot_number"] = reference

    def _quantity(self, e: list[str], number: int) -> None:
        if self.ids is None:
            return
        qualifier, quantity, unit, *_ = [*e[1].split(self.component), "", ""]
        if qualifier == "12" or (qualifier in ("113", "1", "46") and "shipped_quantity" not in self._row):
            self._row |= {"shipped_quantity": number_of(quantity), "uom_code": self.unit(unit)}

    def _location(self, e: list[str], number: int) -> None:
        if e[1] in ("7", "8") and self.ids is not None:
            self._row.setdefault("ship_to_code", e[2].split(self.component, 1)[0])
