"""X12 855, purchase order acknowledgement: what a supplier answers to each line of an order."""

from __future__ import annotations

from typing import ClassVar

from ingest.readers.edi.builder import (
    ANSWER_COLUMNS,
    Builder,
    Row,
    chosen,
    pairs,
    part_number_of,
    whole_order_answer,
)
from ingest.readers.edi.values import date_part, day_of, moment_of, number_of

# Element 587 in BAK02: what holds for the lines that no ACK answers.
_WHOLE_ORDER = {"RD": "IR", "RJ": "IR", "RO": "IR", "RF": "IR", "AH": "IH", "ZZ": None}
# What it says where no line follows, and where only those follow that are answered in another way.
_WITHOUT_LINES = {
    "AD": "IA", "AE": "IA", "AH": "IH", "AK": "IA", "AP": "IA", "AT": "IA", "RD": "IR", "RF": "IR", "RJ": "IR",
    "RO": "IR",
}  # fmt: skip
_OTHER_LINES = {"AE": "IA", "RF": "IR"}
_PROMISES = ("079", "069", "067", "017", "002", "068")
_REFUSED = ("IR", "ID", "R1", "R2", "R3", "R4")


class Answers(Builder):
    """One row for each ACK, numbered within its line; a line without one has the answer to the whole order."""

    handlers: ClassVar[dict[str, str]] = {
        "BAK": "_beginning", "CUR": "_currency", "DTM": "_date", "N1": "_party", "PO1": "_line", "ACK": "_answer",
    }  # fmt: skip
    columns: ClassVar[dict[str, tuple[str, ...]]] = {"order_ack": ANSWER_COLUMNS}

    def start(self) -> None:
        self._order, self._code, self._stated_at = None, None, self.sent_at
        self._type, self._begun = "", 0
        self._money, self._brand, self._dates, self._base = None, None, {}, None
        self._position = 0

    def close(self) -> None:
        self._end_line()
        if not self._position:
            self._say_all(_WITHOUT_LINES.get(self._type))

    def _say_all(self, code: str | None) -> None:
        """One answer to all lines that no other one names."""
        if code is not None:
            promised = chosen(self._dates, _PROMISES)
            self.say(whole_order_answer(self._order, code, promised, self._stated_at), self._begun)

    def _end_line(self) -> None:
        if self._base is None:
            return
        promised = chosen(self._line_dates, _PROMISES) or chosen(self._dates, _PROMISES)
        answers = self._answers or [({}, self._number)]
        for schedule, (answer, number) in enumerate(answers, 1):
            row = self._base | {"schedule_number": str(schedule), "promised_on": promised} | answer
            row.setdefault("acknowledgement_code", self._code)
            if "acknowledged_quantity" not in row:
                is_refused = row["acknowledgement_code"] in _REFUSED
                row["acknowledged_quantity"] = "0" if is_refused else row["ordered_quantity"]
            self.say(row, number)
        self._base = None

    def _beginning(self, e: list[str], number: int) -> None:
        self._order, self._type, self._begun = e[3] or None, e[2], number
        self._code = _WHOLE_ORDER.get(e[2], "IA")
        self._stated_at = self.stated(moment_of(e[9]))

    def _currency(self, e: list[str], number: int) -> None:
        if self._base is None:
            self._money = e[2]
        else:
            self._base["currency_code"] = e[2]

    def _date(self, e: list[str], number: int) -> None:
        if self._base is None:
            self._dates[e[1]] = day_of(e[2])
        elif self._answers and e[1] in _PROMISES:
            self._answers[-1][0].setdefault("promised_on", day_of(e[2]))
        else:
            self._line_dates[e[1]] = day_of(e[2])

    def _party(self, e: list[str], number: int) -> None:
        if e[1] == "MF":
            if self._base is None:
                self._brand = e[4] or e[2]
            else:
                self._base["brand_code"] = e[4] or e[2]

    def _line(self, e: list[str], number: int) -> None:
        self._end_line()
        if not self._position:
            self._say_all(_OTHER_LINES.get(self._type))
        self._position += 1
        self._number, self._line_dates = number, {}
        self._answers: list[tuple[Row, int]] = []
        self._base = {
            "purchase_order_number": self._order,
            # A sender who does not number lines keeps their order.
            "purchase_order_line": e[1] or str(self._position),
            "ordered_quantity": number_of(e[2]) or None,
            "uom_code": self.unit(e[3]),
            "unit_price_amount": number_of(e[4]) or None,
            "currency_code": self._money,
            "stated_at": self._stated_at,
        } | self._part(pairs(e[6:]))

    def _part(self, ids: dict[str, str]) -> Row:
        return {
            "brand_code": ids.get("MF") or self._brand,
            "part_number": part_number_of(ids, self.options.part_number_qualifiers),
            "supplier_part_number": chosen(ids, self.options.supplier_part_number_qualifiers),
        }

    def _answer(self, e: list[str], number: int) -> None:
        if self._base is None:
            return
        answer: Row = {"acknowledgement_code": e[1] or None}
        if e[2]:
            answer |= {"acknowledged_quantity": number_of(e[2]), "uom_code": self.unit(e[3])}
        if e[5]:
            answer["promised_on"] = date_part(day_of(e[5]))
        if ids := pairs(e[7:]):
            # A substitute has a number of its own.
            answer |= {name: value for name, value in self._part(ids).items() if value}
        self._answers.append((answer, number))
