"""The columns that expectations speak of: those of the rows, their lengths, and what the claims say of each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import FUTURE_TOLERANCE, LENGTH, PAST, Claim
from ingest.contracts import Contract, Type

# Up to this many different values, a column of a long table is judged by its values instead of row by row.
_FEW = 4096
# Tables of at most so many rows are always judged by their values.
_SHORT = 20_000


@dataclass
class Columns:
    """Columns by the names that expectations use, made when one is asked for."""

    table: pa.Table
    contract: Contract
    claims: tuple[Claim, ...]
    received_at: datetime
    _made: dict[str, pa.Array] = field(default_factory=dict)
    _values: dict[str, pa.Array | None] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return self._source(name) in self.table.column_names or any(claim.name == name for claim in self.claims)

    def rows(self, name: str) -> pa.Array:
        """One value per row, in a form that compares fast and exactly.

        A float of at most 14 digits lies on the same side of 0 and 1 as the decimal it stands for.
        """
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def values(self, name: str) -> pa.Array | None:
        """The different values of a column; None where they are so many that rows are better judged one by one."""
        if name not in self._values:
            self._values[name] = _different(self.rows(name))
        return self._values[name]

    def presence(self, name: str) -> pa.Array:
        """Whether there is a value: a one, or nothing."""
        has_none, has_some = self._nulls(name) > 0, self._nulls(name) < self.table.num_rows
        return pa.array([1.0] * has_some + [None] * has_none, pa.float64())

    def missing(self, name: str) -> pa.Array:
        """The rows without a value."""
        return pc.indices_nonzero(pc.is_null(_whole(self.table[name])))

    def _nulls(self, name: str) -> int:
        return self.table[name].null_count

    def _source(self, name: str) -> str:
        return name.removesuffix(LENGTH).removesuffix(PAST)

    def _make(self, name: str) -> pa.Array:
        for claim in self.claims:
            if claim.name == name:
                return _whole(claim.holds(*map(self._said, claim.columns)))
        values = _whole(self.table[self._source(name)])
        if name.endswith(LENGTH):
            return pc.cast(pc.utf8_length(values), pa.float64())
        if name.endswith(PAST):
            return pc.less_equal(values, pa.scalar(self.received_at + FUTURE_TOLERANCE, Type.TIMESTAMP.value))
        kind = self.contract.column(name).type
        if kind in (Type.TEXT, Type.TIMESTAMP):
            return values
        return pc.cast(values, pa.string() if kind in (Type.BOOLEAN, Type.DATE) else pa.float64(), safe=False)

    def _said(self, name: str) -> pa.Array:
        """A column, or what its absence says: the default or nothing."""
        if name in self.table.column_names:
            return _whole(self.table[name])
        column = self.contract.column(name)
        nothing = pa.nulls(self.table.num_rows, column.type.value)
        if column.default is None:
            return nothing
        return pc.fill_null(nothing, pa.scalar(column.default).cast(column.type.value))


def _different(rows: pa.Array) -> pa.Array | None:
    # A look at the first values spares sorting out a column of prices for nothing.
    if len(rows) > _SHORT and len(rows[: 2 * _FEW].unique()) > _FEW:
        return None
    values = rows.unique()
    return values if len(rows) <= _SHORT or len(values) <= _FEW else None


def _whole(values: Any) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if values.num_chunks == 1:
        return values.chunk(0)
    return pa.concat_arrays(values.chunks) if values.chunks else pa.array([], values.type)
