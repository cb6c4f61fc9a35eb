"""X12 856, ship notice: shipment, order, package and item as levels, each inheriting from the one above."""

from __future__ import annotations

from typing import ClassVar

from ingest.readers.edi.builder import SHIPMENT_COLUMNS, Builder, Row, chosen, pairs, part_number_of
from ingest.readers.edi.values import day_of, moment_of, number_of
from ingest.readers.limits import FileFault

_SHIPPED, _EXPECTED, _EXPIRES = ("011",), ("017", "067", "002"), ("208", "036")
# Far more than any lorry carries; items are not counted.
_MOST_LEVELS = 200_000


class Shipments(Builder):
    """One row for each item; its line of the shipment is its HL number, which no other item has."""

    handlers: ClassVar[dict[str, str]] = {
        "BSN": "_beginning", "HL": "_level", "PRF": "_order", "MAN": "_mark", "LIN": "_item", "SN1": "_quantity",
        "DTM": "_date", "REF": "_reference", "N1": "_party",
    }  # fmt: skip
    columns: ClassVar[dict[str, tuple[str, ...]]] = {"ship_notice": SHIPMENT_COLUMNS}

    def start(self) -> None:
        self._root: Row = {"stated_at": self.sent_at}
        self._levels: dict[str, Row] = {}
        self._level_of: Row = self._root
        self._has_item, self._number, self._fault, self._line = False, 0, None, ""
        self._last_item: tuple[str, Row] = ("", self._root)

    def close(self) -> None:
        """Say the item of the level that ends."""
        if not self._has_item:
            return
        if self._fault:
            self.refuse(self._number, self._fault)
        else:
            self.say(self._level_of | {"shipment_line": self._line}, self._number)
        # Items are many and seldom have levels below; only the last one is kept for them.
        self._last_item = (self._line, self._levels.pop(self._line, self._level_of))
        self._has_item = False

    def _beginning(self, e: list[str], number: int) -> None:
        self._root["shipment_number"] = e[2] or None
        self._root["stated_at"] = self.stated(moment_of(e[3], e[4]))

    def _level(self, e: list[str], number: int) -> None:
        self.close()
        item, below_item = self._last_item
        parent = self._levels.get(e[2], below_item if e[2] == item else None) if e[2] else self._root
        self._fault = None
        if parent is None:
            self._fault = f"PARSE: HL {e[1]} names {e[2]} as the level above it, which did not come before"
            parent = self._root
        self._level_of, self._line = dict(parent), e[1]
        if len(self._levels) >= _MOST_LEVELS:
            words = f"message {self.message.number} has more than {_MOST_LEVELS} packages and orders"
            raise FileFault("TOO_LARGE", words, "Send it as several shipments.")
        self._levels[e[1]] = self._level_of

    def _order(self, e: list[str], number: int) -> None:
        self._level_of["purchase_order_number"] = e[1] or None
        if e[5]:
            self._level_of["purchase_order_line"] = e[5]

    def _mark(self, e: list[str], number: int) -> None:
        if e[2]:
            self._level_of["package_number"] = e[2]

    def _item(self, e: list[str], number: int) -> None:
        if self._has_item:
            # A second LIN on one level is a second item.
            self.close()
            self._level_of, self._line = dict(self._level_of), f"{self._line}.{number}"
        ids = pairs(e[2:])
        self._has_item, self._number = True, number
        self._level_of |= {
            "purchase_order_line": e[1] or self._level_of.get("purchase_order_line"),
            "part_number": part_number_of(ids, self.options.part_number_qualifiers),
            "supplier_part_number": chosen(ids, self.options.supplier_part_number_qualifiers),
            "lot_number": ids.get("LT"),
        }
        if "MF" in ids:
            self._level_of["brand_code"] = ids["MF"]

    def _quantity(self, e: list[str], number: int) -> None:
        self._level_of |= {"shipped_quantity": number_of(e[2]) or None, "uom_code": self.unit(e[3])}
        if e[1] and not self._level_of.get("purchase_order_line"):
            self._level_of["purchase_order_line"] = e[1]

    def _date(self, e: list[str], number: int) -> None:
        level = self._level_of
        if e[1] in _SHIPPED:
            level["shipped_at"] = moment_of(e[2], e[3], e[4])
        elif e[1] in _EXPECTED:
            # An arrival that is estimated says more than a delivery that is scheduled.
            if e[1] == "017" or not level.get("expected_on"):
                level["expected_on"] = day_of(e[2])
        elif e[1] in _EXPIRES:
            level["expires_on"] = day_of(e[2])

    def _reference(self, e: list[str], number: int) -> None:
        if e[1] == "LT":
            self._level_of["lot_number"] = e[2]

    def _party(self, e: list[str], number: int) -> None:
        if e[1] == "ST":
            self._level_of["ship_to_code"] = e[4] or e[2] or None
        elif e[1] == "MF":
            self._level_of["brand_code"] = e[4] or e[2] or None
