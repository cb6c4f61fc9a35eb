"""Control totals: what a file, its manifest or its sender says it holds, against what was counted (F20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.readers.limits import FileFault
from ingest.readers.records import Envelope


@dataclass
class Totals:
    """Declared totals of one batch, and the same counted while it is read.

    Sums are over every row that could be typed: where a row could not, its value is not
    known, and a sum that differs proves nothing.
    """

    declared_rows: int | None = None
    declared_sums: dict[str, Decimal] = field(default_factory=dict)
    row_count: int = 0
    untyped_count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)

    def add(self, table: pa.Table, bad_count: int) -> None:
        """Count one chunk."""
        self.row_count += table.num_rows + bad_count
        self.untyped_count += bad_count
        for name in self.declared_sums:
            if name in table.column_names:
                part = pc.sum(table[name]).as_py()
                self.sums[name] = self.sums.get(name, Decimal()) + Decimal(part or 0)

    def check(self) -> None:
        """Raise ``FileFault`` with every total that does not match: a part of the file may be missing."""
        wrong = []
        if self.declared_rows is not None and self.declared_rows != self.row_count:
            wrong.append(f"{self.declared_rows} rows are declared, {self.row_count} were read")
        for name, declared in self.declared_sums.items() if not self.untyped_count else ():
            counted = self.sums.get(name, Decimal())
            if counted != declared:
                wrong.append(f"the sum of {name} is declared as {declared}, {counted} was counted")
        if wrong:
            raise FileFault(
                "CONTROL_TOTAL",
                f"control totals do not match: {'; '.join(wrong)}",
                "A part may be missing: send the whole file again, with the totals of what it holds.",
            )

    def as_dict(self) -> dict[str, Any]:
        """Declared and counted side by side, as the ledger keeps them."""
        shown: dict[str, Any] = {}
        if self.declared_rows is not None:
            shown["rows"] = {"declared": self.declared_rows, "counted": self.row_count}
        for name, declared in self.declared_sums.items():
            shown[name] = {"declared": str(declared), "counted": str(self.sums.get(name, Decimal()))}
        return shown


def totals_of(kind: str, envelope: Envelope, beside: Mapping[str, Any]) -> Totals:
    """The totals to check a batch against: what came beside the file counts before what it says itself.

    ``beside`` is ``{"line_count": n, "sums": {column: text}}``, as a manifest gives it.
    """
    rows = beside.get("line_count", envelope.row_counts.get(kind, envelope.row_counts.get("")))
    sums = {**envelope.sums, **beside.get("sums", {})}
    return Totals(_whole(rows), {name: _decimal(name, text) for name, text in sums.items()})


def _whole(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _unreadable("line_count", value) from None


def _decimal(name: str, text: Any) -> Decimal:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        raise _unreadable(name, text) from None
    if not number.is_finite():
        raise _unreadable(name, text)
    return number


def _unreadable(name: str, value: Any) -> FileFault:
    return FileFault(
        "CONTROL_TOTAL", f"the control total {name} is '{str(value)[:40]}', which is no number", "Send it as a number."
    )
