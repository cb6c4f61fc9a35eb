"""JSON records gathered into stretches of text columns; columns appear as records name them, and stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from ingest.readers.json_values import flat, shown
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Reasons, Records

_ROWS_A_STRETCH = 8192


@dataclass(frozen=True)
class Found:
    """One record of a file: its number, its value or what is wrong with it, and its text as sent."""

    number: int
    value: object
    why: str | None
    raw: str
    place: str


def as_records(found: Iterable[Found], limits: Limits, decimal: str) -> Iterator[Records]:
    """Stretches of good and bad rows; raises where there is no record at all, or not one that is good."""
    gathered = _Gathered(limits, decimal)
    for record in found:
        gathered.add(record)
        if gathered.is_full():
            yield gathered.taken()
    if gathered.row_count == 0:
        raise FileFault("HEADER_ONLY", "the file holds no record", "Send the file again, with its records.", 1)
    if not gathered.names:
        words = f"the file holds no object that is a record; the first is refused: {gathered.first_fault}"
        raise FileFault("NO_RECORDS", words, "Send one JSON object per row.", gathered.first_bad)
    if gathered.has_rows():
        yield gathered.taken()


class _Gathered:
    def __init__(self, limits: Limits, decimal: str):
        self._limits, self._decimal = limits, decimal
        # Names in the order of their first appearance; a dict keeps it.
        self.names: dict[str, None] = {}
        self.row_count, self.first_fault, self.first_bad = 0, "", None
        self._clear()

    def _clear(self) -> None:
        self._rows: list[dict[str, str | None]] = []
        self._numbers: list[int] = []
        self._bad: Reasons = {}
        self._size = 0

    def add(self, record: Found) -> None:
        self.row_count += 1
        if self.row_count > self._limits.row_count:
            words = f"the file has more than {self._limits.row_count} records"
            raise FileFault("TOO_LARGE", words, "Send it in several files.")
        self._size += len(record.raw)
        columns, why = self._checked(record)
        if why is not None:
            self.first_fault, self.first_bad = self.first_fault or why, self.first_bad or record.number
            self._bad[record.number] = [why]
            return
        self._rows.append(columns)
        self._numbers.append(record.number)
        if not columns.keys() <= self.names.keys():
            self.names |= dict.fromkeys(columns)
            if len(self.names) > self._limits.column_count:
                words = f"{record.place}: more than {self._limits.column_count} columns"
                raise FileFault("HEADER", words, "Send only the columns needed.", record.number)

    def _checked(self, record: Found) -> tuple[dict[str, str | None], str | None]:
        if record.why is not None:
            return {}, record.why
        if not isinstance(record.value, dict):
            return {}, f"PARSE: {shown(record.raw, 40)} is no JSON object"
        columns, why = flat(record.value, self._limits.json_depth, record.raw, self._decimal)
        return columns, why or (None if columns else "PARSE: the object is empty")

    def has_rows(self) -> bool:
        return bool(self._rows or self._bad)

    def is_full(self) -> bool:
        # Without a name there is no table to speak of yet.
        is_large = len(self._rows) + len(self._bad) >= _ROWS_A_STRETCH or self._size >= self._limits.block_bytes
        return is_large and bool(self.names)

    def taken(self) -> Records:
        columns = [pa.array([row.get(name) for row in self._rows], pa.string()) for name in self.names]
        table = pa.table(columns, names=list(self.names))
        records = Records(table, pa.array(self._numbers, pa.int64()), self._bad, self._size)
        self._clear()
        return records
