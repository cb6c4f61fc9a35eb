"""EDIFACT ORDRSP, purchase order response: what a supplier answers to each line of an order."""

from __future__ import annotations

from typing import ClassVar

from ingest.readers.edi.builder import ANSWER_COLUMNS, Row, chosen, part_number_of, whole_order_answer
from ingest.readers.edi.edifact_lines import Lines
from ingest.readers.edi.values import date_part, divided, number_of

# Code list 1229 at the line and 1225 for the whole order, in the words of X12 668.
_LINE_ACTIONS = {
    "1": "IA", "2": "ID", "3": "IC", "4": "IA", "5": "IA", "6": "IC", "7": "IR", "10": "IR", "12": "IQ", "24": "IF",
}  # fmt: skip
_WHOLE_ORDER = {"27": "IR", "29": "IA", "4": "IC"}
# Code list 4343, which says the same beside it; AI answers the lines alone that change.
_RESPONSES = {"AD": "IA", "AI": "IA", "AP": "IA", "RE": "IR"}
_PROMISES = ("69", "67", "17", "358", "2", "10")
_ORDERED, _CONFIRMED, _BACKORDERED = ("21", "1"), ("113", "12", "194"), ("83",)
_REFUSED = ("IR", "ID")


class Answers(Lines):
    """One row for each confirmed or backordered quantity, numbered within its line."""

    handlers: ClassVar[dict[str, str]] = Lines.handlers | {"RFF": "_reference", "QTY": "_quantity", "PRI": "_price"}
    columns: ClassVar[dict[str, tuple[str, ...]]] = {"order_ack": ANSWER_COLUMNS}

    def start(self) -> None:
        super().start()
        self._order: str | None = None
        self._response, self._begun, self._is_said = "", 0, False

    def _beginning(self, e: list[str], number: int) -> None:
        super()._beginning(e, number)
        self._response, self._begun = e[4].split(self.component, 1)[0], number

    def close(self) -> None:
        super().close()
        code = _RESPONSES.get(self._response) or _WHOLE_ORDER.get(self.function)
        if not self.position and code != "IC":
            self._say_all(code)

    def _say_all(self, code: str | None) -> None:
        """One answer to all lines that no other one names."""
        if code is None or self._is_said:
            return
        self._is_said = True
        promised, stated_at = date_part(chosen(self.dates, _PROMISES)), self.stated(self.dates.get("137"))
        self.say(whole_order_answer(self._order, code, promised, stated_at), self._begun)

    def begin_line(self, e: list[str], number: int) -> None:
        self._number, self._line_dates = number, {}
        self._answers: list[tuple[Row, int]] = []
        action = e[2].split(self.component, 1)[0]
        whole = _RESPONSES.get(self._response) or _WHOLE_ORDER.get(self.function, "IA")
        self._code = _LINE_ACTIONS.get(action, action) or whole
        if self.position == 1 and self._response == "AI":
            self._say_all("IA")
        self._base: Row = {
            "purchase_order_number": self._order,
            # A sender who does not number lines keeps their order.
            "purchase_order_line": e[1] or str(self.position),
            "currency_code": self.money,
            "stated_at": self.stated(self.dates.get("137")),
        }

    def end_line(self) -> None:
        base = self._base | {
            "brand_code": self.brand,
            "part_number": part_number_of(self.ids, self.options.part_number_qualifiers),
            "supplier_part_number": chosen(self.ids, self.options.supplier_part_number_qualifiers),
            "acknowledgement_code": self._code,
            "promised_on": date_part(chosen(self._line_dates, _PROMISES) or chosen(self.dates, _PROMISES)),
        }
        ordered = base.get("ordered_quantity")
        whole: Row = {"acknowledged_quantity": "0" if self._code in _REFUSED else ordered}
        for schedule, (answer, number) in enumerate(self._answers or [(whole, self._number)], 1):
            self.say(base | {"schedule_number": str(schedule)} | answer, number)

    def line_date(self, qualifier: str, moment: str | None) -> None:
        if self._answers and qualifier in _PROMISES:
            self._answers[-1][0].setdefault("promised_on", date_part(moment))
        else:
            self._line_dates[qualifier] = moment

    def line_currency(self, code: str) -> None:
        self._base["currency_code"] = code

    def _reference(self, e: list[str], number: int) -> None:
        qualifier, reference, line, *_ = [*e[1].split(self.component), "", ""]
        if qualifier == "LI" and self.ids is not None:
            self._base["purchase_order_line"] = line or reference
        if qualifier != "ON":
            return
        if self.ids is None:
            self._order = reference or None
        else:
            self._base["purchase_order_number"] = reference or self._order
            if line:
                self._base["purchase_order_line"] = line

    def _quantity(self, e: list[str], number: int) -> None:
        if self.ids is None:
            return
        qualifier, quantity, unit, *_ = [*e[1].split(self.component), "", ""]
        if qualifier in _ORDERED:
            self._base |= {"ordered_quantity": number_of(quantity), "uom_code": self.unit(unit)}
        elif qualifier in _CONFIRMED + _BACKORDERED:
            answer: Row = {"acknowledged_quantity": number_of(quantity), "uom_code": self.unit(unit)}
            if qualifier in _BACKORDERED:
                answer["acknowledgement_code"] = "IB"
            self._answers.append((answer, number))

    def _price(self, e: list[str], number: int) -> None:
        parts = [*e[1].split(self.component), "", "", "", "", ""]
        if self.ids is not None and parts[1]:
            self._base.setdefault("unit_price_amount", divided(parts[1], parts[4]))
