"""Stated sums of quantities against the quantities that came."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ingest.readers.edi.envelope import Dialect, Message, segments_of
from ingest.readers.edi.segments import Stretch
from ingest.readers.edi.values import decimal_of


def check_sums(dialect: Dialect, segments: Iterator[Stretch], messages: list[Message]) -> None:
    """Compare stated sums of quantities with what came: a pass of its own, as few senders state one."""
    for message, parts in segments_of(segments, messages):
        tag, place = dialect.quantities[message.type_code]
        sums = _Sums()
        for stretch, part, _ in parts:
            element, component = stretch.separators.element, stretch.separators.component or "\x00"
            for segment in part:
                if segment.startswith(tag + element):
                    values = segment.split(element)
                    sums.add(values[place].split(component) if len(values) > place else [])
        if not sums.has(message.declared_sum):
            message.spoil("TOTAL", f"it states {message.declared_sum} as the sum of its quantities, not {sums.total}")


class _Sums:
    """Sums over quantities, in every way that senders add them up."""

    def __init__(self) -> None:
        self.total, self._digits = Decimal(0), Decimal(0)
        self._by_qualifier: dict[str, Decimal] = {}

    def add(self, values: list[str]) -> None:
        *qualifier, said = values[:2] if len(values) > 1 else values[:1] or [""]
        value = decimal_of(said)
        if value is not None and abs(value.adjusted()) < 30:
            self.total += value
            # An X12 hash total goes without the decimal points.
            self._digits += Decimal(said.replace(".", "").replace(",", "").strip())
            key = qualifier[0] if qualifier else ""
            self._by_qualifier[key] = self._by_qualifier.get(key, Decimal(0)) + value

    def has(self, said: str) -> bool:
        declared = decimal_of(said)
        ways = {self.total, self._digits % 10**10, *self._by_qualifier.values()}
        return declared is not None and declared in ways
