"""EDIFACT PRICAT, price and sales catalogue: prices with their quantity ranges, and the articles themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from ingest.readers.edi.builder import CATALOGUE_COLUMNS, PRICE_COLUMNS, Row, chosen, part_number_of
from ingest.readers.edi.edifact_lines import Lines
from ingest.readers.edi.values import date_part, divided, kilograms, number_of, whole_days

_FROM, _TO = ("157", "273", "194", "7"), ("36", "206")
_QUANTITIES = {
    "53": "minimum_order_quantity", "54": "maximum_order_quantity", "52": "pack_quantity", "59": "pack_quantity",
}  # fmt: skip
# Code list 1229: what LIN wants done with the article.
_ACTIONS = {"1": "A", "2": "D", "3": "C"}
_WEIGHTS = ("AAA", "AAB", "G", "WT", "AAF")
# Code lists 5387 and 5125 in our words; others pass as sent.
_PRICE_TYPES = {
    "SRP": "LIST", "RTP": "LIST", "CUP": "LIST", "MSR": "LIST", "DPR": "DEALER", "WHP": "DISTRIBUTOR",
    "AAA": "INSTALLER", "AAB": "LIST", "NTP": "INSTALLER", "CAL": "INSTALLER", "INV": "INSTALLER", "INF": "LIST",
    "GRP": "LIST",
}  # fmt: skip


class Prices(Lines):
    """One row for each PRI as prices, one for each LIN as a catalogue."""

    handlers: ClassVar[dict[str, str]] = Lines.handlers | {
        "IMD": "_description", "PRI": "_price", "RNG": "_range", "QTY": "_quantity", "MEA": "_measure",
        "ALI": "_origin", "DGS": "_hazard",
    }  # fmt: skip
    columns: ClassVar[dict[str, tuple[str, ...]]] = {
        "supplier_price": PRICE_COLUMNS,
        "supplier_catalogue": CATALOGUE_COLUMNS,
    }

    def __init__(self, kind: str, options: Any):
        super().__init__(kind, options)
        self._price_types = {**_PRICE_TYPES, **options.price_types}

    def begin_line(self, e: list[str], number: int) -> None:
        self._number = number
        self._prices: list[tuple[Row, int]] = []
        self._article: Row = {"maintenance_code": _ACTIONS.get(e[2])}
        self._line_dates: dict[str, str | None] = {}
        self._line_money = self.money

    def end_line(self) -> None:
        options, ids, article = self.options, self.ids, self._article
        article["brand_code"] = self.brand
        article["part_number"] = part_number_of(ids, options.part_number_qualifiers)
        article["supplier_part_number"] = chosen(ids, options.supplier_part_number_qualifiers)
        article["stated_at"] = self.stated(self.dates.get("137"))
        if self.kind == "supplier_catalogue":
            article["gtin"] = chosen(ids, options.gtin_qualifiers)
            article["hs_code"] = ids.get("HS")
            self.say(article, self._number)
            return
        if self._line_dates or self.dates:
            article["effective_from_on"] = self._day(_FROM)
            article["effective_to_on"] = self._day(_TO)
        for price, number in self._prices:
            self.say({**article, **price}, number)

    def _day(self, qualifiers: tuple[str, ...]) -> str | None:
        return date_part(chosen(self._line_dates, qualifiers) or chosen(self.dates, qualifiers))

    def line_date(self, qualifier: str, moment: str | None) -> None:
        if not self._prices:
            self._line_dates[qualifier] = moment
        elif qualifier in _FROM:
            self._prices[-1][0]["effective_from_on"] = date_part(moment)
        elif qualifier in _TO:
            self._prices[-1][0]["effective_to_on"] = date_part(moment)

    def line_currency(self, code: str) -> None:
        if self._prices:
            self._prices[-1][0]["currency_code"] = code
        else:
            self._line_money = code

    def replaced_by(self, part_number: str) -> None:
        self._article["replaced_by_part_number"] = part_number

    def _description(self, e: list[str], number: int) -> None:
        if self.ids is None:
            return
        parts = e[3].split(self.component)
        if len(parts) > 3 and (text := parts[3] + (parts[4] if len(parts) > 4 else "")):
            self._article.setdefault("description", text)

    def _price(self, e: list[str], number: int) -> None:
        if self.ids is None:
            return
        parts = e[1].split(self.component)
        if len(parts) < 2 or not parts[1]:
            self.refuse(number, "PARSE: PRI has no amount")
            return
        amount = parts[1]
        qualifier, specification = parts[0], parts[3] if len(parts) > 3 else ""
        types = self._price_types
        price: Row = {
            "price_type_code": types.get(specification) or types.get(qualifier) or specification or qualifier,
            "unit_price_amount": amount if amount.isdigit() else number_of(amount),
            "currency_code": self._line_money,
        }
        if len(parts) > 4 and parts[4]:
            price["unit_price_amount"] = divided(amount, parts[4])
        if len(parts) > 5:
            price["price_uom_code"] = self.unit(parts[5])
        self._prices.append((price, number))

    def _range(self, e: list[str], number: int) -> None:
        parts = e[2].split(self.component)
        if self.ids is not None and self._prices and len(parts) > 1:
            self._prices[-1][0]["break_quantity"] = number_of(parts[1]) or None

    def _quantity(self, e: list[str], number: int) -> None:
        parts = e[1].split(self.component)
        column = _QUANTITIES.get(parts[0])
        if self.ids is None or len(parts) < 2:
            return
        if column is not None:
            self._article.setdefault(column, number_of(parts[1]))
            if column == "pack_quantity" and len(parts) > 2:
                self._article["pack_uom_code"] = self.unit(parts[2])
        elif parts[0] == "169":
            # Lead time is a quantity of days here, where a sender gives it at all.
            self._article["lead_time_days"] = whole_days(parts[1], parts[2] if len(parts) > 2 else "DAY")

    def _measure(self, e: list[str], number: int) -> None:
        unit, _, value = e[3].partition(self.component)
        if self.ids is not None and {e[1], e[2].split(self.component, 1)[0]} & set(_WEIGHTS):
            self._article.setdefault("weight_kg", kilograms(value.split(self.component, 1)[0], unit))

    def _origin(self, e: list[str], number: int) -> None:
        if self.ids is not None and e[1]:
            self._article["country_of_origin_code"] = e[1]

    def _hazard(self, e: list[str], number: int) -> None:
        if self.ids is not None:
            self._article |= {"is_hazmat": "true", "un_number": e[3].split(self.component, 1)[0] or None}
