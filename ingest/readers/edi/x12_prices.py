"""X12 832, price and sales catalogue: prices with their quantity breaks, and the articles themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from ingest.readers.edi.builder import CATALOGUE_COLUMNS, PRICE_COLUMNS, Builder, Row, chosen, pairs, part_number_of
from ingest.readers.edi.values import day_of, kilograms, number_of, whole_days

_FROM, _TO = ("007", "196", "092", "150"), ("036", "197", "093", "151")
# Element 103, of which the first three letters name the package; it is no unit where it names another.
_PACKAGINGS = {"CTN": "CA", "CAS": "CA", "BOX": "BX", "PKG": "PK", "PAC": "PK"}
# Element 673 in CTB: how much may be ordered.
_ORDERING = {"57": "minimum_order_quantity", "69": "order_multiple_quantity", "70": "maximum_order_quantity"}
# Element 236, or class of trade and 236, in our words; others pass as sent.
_PRICE_TYPES = {
    "LPR": "LIST", "SLP": "LIST", "MSR": "LIST", "RTL": "LIST", "RES": "LIST", "CAT": "LIST", "DI/CAT": "DISTRIBUTOR",
    "DE/CAT": "DEALER", "DIS": "DISTRIBUTOR", "WHL": "DISTRIBUTOR", "DPR": "DEALER", "NET": "INSTALLER",
    "UCP": "INSTALLER", "CON": "INSTALLER", "INV": "INSTALLER", "PBQ": "INSTALLER", "": "INSTALLER",
}  # fmt: skip


class Prices(Builder):
    """One row for each CTP as prices, one for each LIN as a catalogue."""

    handlers: ClassVar[dict[str, str]] = {
        "CUR": "_currency", "DTM": "_date", "N1": "_party", "LIN": "_line", "PID": "_description", "CTP": "_price",
        "PO4": "_pack", "CTB": "_condition", "MEA": "_measure", "LDT": "_lead_time", "TD4": "_hazard",
    }  # fmt: skip
    columns: ClassVar[dict[str, tuple[str, ...]]] = {
        "supplier_price": PRICE_COLUMNS,
        "supplier_catalogue": CATALOGUE_COLUMNS,
    }

    def __init__(self, kind: str, options: Any):
        super().__init__(kind, options)
        self._price_types = {**_PRICE_TYPES, **options.price_types}

    def start(self) -> None:
        self._money, self._dates, self._brand, self._ids = None, {}, None, None

    def close(self) -> None:
        if self._ids is None:
            return
        if self.kind == "supplier_catalogue":
            self.say(self._article | self._ordering, self._number)
        else:
            for price, number in self._prices:
                self.say(self._article | self._ordering | self._terms(price), number)
        self._ids = None

    def _terms(self, price: Row) -> Row:
        """Dates of the price, else of its line, else of the message."""
        terms: Row = {}
        for column, qualifiers in (("effective_from_on", _FROM), ("effective_to_on", _TO)):
            terms[column] = chosen(self._line_dates, qualifiers) or chosen(self._dates, qualifiers)
        return terms | {"currency_code": self._line_money or self._money} | price

    def _currency(self, e: list[str], number: int) -> None:
        if self._ids is None:
            self._money = e[2]
        else:
            self._line_money = e[2]

    def _date(self, e: list[str], number: int) -> None:
        day = day_of(e[2])
        if self._ids is None:
            self._dates[e[1]] = day
        elif not self._prices:
            self._line_dates[e[1]] = day
        elif e[1] in _FROM:
            self._prices[-1][0]["effective_from_on"] = day
        elif e[1] in _TO:
            self._prices[-1][0]["effective_to_on"] = day

    def _party(self, e: list[str], number: int) -> None:
        if e[1] == "MF":
            if self._ids is None:
                self._brand = e[4] or e[2]
            else:
                self._article["brand_code"] = e[4] or e[2]

    def _line(self, e: list[str], number: int) -> None:
        self.close()
        self._ids, self._number = pairs(e[2:]), number
        self._prices: list[tuple[Row, int]] = []
        self._line_dates: dict[str, str] = {}
        self._line_money, self._ordering = None, {}
        self._article: Row = {
            "brand_code": self._ids.get("MF") or self._brand,
            "part_number": part_number_of(self._ids, self.options.part_number_qualifiers),
            "supplier_part_number": chosen(self._ids, self.options.supplier_part_number_qualifiers),
            "gtin": chosen(self._ids, self.options.gtin_qualifiers),
            "country_of_origin_code": self._ids.get("CH"),
            "stated_at": self.sent_at,
        }

    def _description(self, e: list[str], number: int) -> None:
        if self._ids is not None and e[5]:
            self._article.setdefault("description", e[5])

    def _price(self, e: list[str], number: int) -> None:
        if self._ids is None:
            return
        if not e[3]:
            # Without a unit price it is a multiplier or a note on one.
            self.refuse(number, "PARSE: CTP has no unit price")
            return
        types = self._price_types
        kind = types.get(f"{e[1]}/{e[2]}") or types.get(e[2], e[2])
        price: Row = {
            "price_type_code": kind or None,
            "unit_price_amount": number_of(e[3]),
            "break_quantity": number_of(e[4]) or None,
            "price_uom_code": self.unit(e[5]),
        }
        self._prices.append((price, number))

    def _pack(self, e: list[str], number: int) -> None:
        if self._ids is not None and e[1] and "pack_quantity" not in self._ordering:
            self._ordering |= {"pack_quantity": number_of(e[1]), "pack_uom_code": _PACKAGINGS.get(e[4][:3])}

    def _condition(self, e: list[str], number: int) -> None:
        if self._ids is not None and (column := _ORDERING.get(e[3])) is not None:
            self._ordering[column] = number_of(e[4])

    def _measure(self, e: list[str], number: int) -> None:
        if self._ids is None:
            return
        unit = e[4].split(self.component, 1)[0]
        if e[2] == "SHA":
            self._article["shelf_life_days"] = whole_days(e[3], unit)
        elif e[2] in ("WT", "N", "G"):
            self._article.setdefault("weight_kg", kilograms(e[3], unit))

    def _lead_time(self, e: list[str], number: int) -> None:
        if self._ids is not None:
            self._ordering["lead_time_days"] = whole_days(e[2], e[3])

    def _hazard(self, e: list[str], number: int) -> None:
        if self._ids is not None and e[3]:
            self._article["is_hazmat"] = "true"
            self._article["un_number"] = e[3] if e[2] == "U" else None
