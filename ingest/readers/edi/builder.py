"""What turns the segments of one type of message into rows of one contract: the part that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from ingest.readers.edi.envelope import Message
from ingest.readers.edi.segments import Separators
from ingest.readers.edi.values import UNITS, decimal_of
from ingest.readers.records import Reasons

Row = dict[str, str | None]
# More than any segment has that is read by place, so that a place which was left out reads as empty.
_PADDING = [""] * 12


class Builder(ABC):
    """Rows of one kind while the segments of messages go by.

    ``handlers`` name the segments that matter; each method takes the elements and the
    ordinal of the segment. A row bears the ordinal of the segment that it is about.
    """

    handlers: ClassVar[dict[str, str]] = {}
    columns: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, kind: str, options: Any):
        self.kind, self.options = kind, options
        self.rows: list[Row] = []
        self.numbers: list[int] = []
        self.bad: Reasons = {}
        self.units = {**UNITS, **options.units}
        self._by_element: dict[str, dict[str, Callable[[list[str], int], None]]] = {}
        self._has_released = False
        self._plain: dict[int, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns[self.kind]

    def open(self, message: Message) -> None:
        """Begin a message: forget what the last one said."""
        self.message = message
        group = message.group
        self.sent_at = (group and group.stated_at) or message.interchange.stated_at
        self.separators = message.interchange.separators
        self.component = self.separators.component or "\x00"
        self.start()

    @abstractmethod
    def start(self) -> None:
        """Forget the last message."""

    @abstractmethod
    def close(self) -> None:
        """Say the last row of a message."""

    def feed(self, segments: Sequence[str], number: int, separators: Separators, has_released: bool) -> None:
        """Take some segments of the open message; ``number`` is the ordinal of the first."""
        element = separators.element
        handlers = self._handlers(element)
        if has_released:
            self._has_released, self._plain = True, separators.plain_characters
        for segment in segments:
            handler = handlers.get(segment[:3])
            if handler is not None:
                handler(segment.split(element) + _PADDING, number)
            number += 1

    def _handlers(self, element: str) -> dict[str, Callable[[list[str], int], None]]:
        if element not in self._by_element:
            named = {(tag + element)[:3]: getattr(self, name) for tag, name in self.handlers.items()}
            self._by_element[element] = named
        return self._by_element[element]

    def say(self, row: Row, number: int) -> None:
        """Add a row."""
        self.rows.append(row)
        self.numbers.append(number)

    def refuse(self, number: int, reason: str) -> None:
        """Name a row that has no shape."""
        self.bad.setdefault(number, []).append(reason)

    def drained(self) -> tuple[dict[str, list[str | None]], list[int]]:
        """Columns and numbers so far; the builder goes on without them."""
        rows, numbers = self.rows, self.numbers
        self.rows, self.numbers = [], []
        columns = {name: [row.get(name) for row in rows] for name in self.names}
        if self._has_released:
            plain = self._plain
            columns = {name: [v.translate(plain) if v else v for v in values] for name, values in columns.items()}
        return columns, numbers

    def stated(self, moment: str | None) -> str | None:
        """When a message was stated; a day gets the time of sending, where that is the same day."""
        if moment is None or (len(moment) == 10 and self.sent_at and self.sent_at.startswith(moment)):
            return self.sent_at
        return moment

    def unit(self, code: str) -> str | None:
        """Our word for a unit; an unknown one passes as sent, and none is none."""
        if self.component in code:
            code = code.split(self.component, 1)[0]
        return self.units.get(code, code) or None


def pairs(elements: Iterable[str]) -> dict[str, str]:
    """Qualifier and number by turns; the first of each qualifier counts."""
    found: dict[str, str] = {}
    elements = iter(elements)
    for qualifier, number in zip(elements, elements, strict=False):
        if number:
            found.setdefault(qualifier, number)
    return found


def chosen(numbers: dict[str, str], order: Sequence[str]) -> str | None:
    """The number of the first qualifier that has one."""
    for qualifier in order:
        if qualifier in numbers:
            return numbers[qualifier]
    return None


def part_number_of(numbers: dict[str, str], order: Sequence[str]) -> str | None:
    """The part number by the order of qualifiers; where none of them came, whichever number came first."""
    found = chosen(numbers, order)
    return found if found is not None else next(iter(numbers.values()), None)


def availability(available: str | None, on_order: str | None) -> str:
    """Our word for what the quantities say."""
    quantity = decimal_of(available) if available else None
    if quantity is None:
        return "UNKNOWN"
    if quantity > 0:
        return "IN_STOCK"
    ordered = decimal_of(on_order) if on_order else None
    return "ON_ORDER" if ordered is not None and ordered > 0 else "NONE"


def whole_order_answer(order: str | None, code: str, promised_on: str | None, stated_at: str | None) -> Row:
    """One answer to all lines of an order that no other one names; what is refused comes on no day."""
    is_refused = code in ("ID", "IR")
    return {
        "purchase_order_number": order,
        "purchase_order_line": "ALL",
        "schedule_number": "1",
        "acknowledgement_code": code,
        "acknowledged_quantity": "0" if is_refused else None,
        "promised_on": None if is_refused else promised_on,
        "stated_at": stated_at,
    }


AVAILABILITY_COLUMNS = (
    "brand_code", "part_number", "distribution_centre_code", "available_quantity", "availability_code",
    "next_receipt_on", "stated_at",
)  # fmt: skip
COUNT_COLUMNS = (
    "count_number", "garage_code", "brand_code", "part_number", "lot_number", "condition_code", "counted_quantity",
    "uom_code", "counted_at",
)  # fmt: skip
PRICE_COLUMNS = (
    "brand_code", "part_number", "supplier_part_number", "price_type_code", "break_quantity", "unit_price_amount",
    "currency_code", "price_uom_code", "minimum_order_quantity", "pack_quantity", "order_multiple_quantity",
    "maximum_order_quantity", "lead_time_days", "effective_from_on", "effective_to_on", "lifecycle_code", "stated_at",
)  # fmt: skip
CATALOGUE_COLUMNS = (
    "brand_code", "part_number", "supplier_part_number", "gtin", "maintenance_code", "part_type_code", "description",
    "lifecycle_code", "replaced_by_part_number", "pack_uom_code", "pack_quantity", "minimum_order_quantity",
    "order_multiple_quantity", "lead_time_days", "is_hazmat", "un_number", "shelf_life_days",
    "country_of_origin_code", "hs_code", "weight_kg", "stated_at",
)  # fmt: skip
ANSWER_COLUMNS = (
    "purchase_order_number", "purchase_order_line", "schedule_number", "brand_code", "part_number",
    "supplier_part_number", "acknowledgement_code", "ordered_quantity", "acknowledged_quantity", "uom_code",
    "unit_price_amount", "currency_code", "promised_on", "stated_at",
)  # fmt: skip
SHIPMENT_COLUMNS = (
    "shipment_number", "shipment_line", "purchase_order_number", "purchase_order_line", "brand_code", "part_number",
    "supplier_part_number", "shipped_quantity", "uom_code", "lot_number", "expires_on", "package_number",
    "ship_to_code", "shipped_at", "expected_on", "stated_at",
)  # fmt: skip
