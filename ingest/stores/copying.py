"""Tables in the binary form of COPY, made by whole columns: the server has nothing to parse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

_START, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
# 2000-01-01, from which the server counts, in days and microseconds since 1970.
_FIRST_DAY = 10_957
_FIRST_MOMENT = _FIRST_DAY * 86_400_000_000
# The server keeps numbers in groups of four decimal digits.
_GROUP = 10_000
_IS_NEGATIVE = 0x4000

_TEXT_OID = 25
ID = pa.binary(16)

# Values of one width, or one for all rows, and how they are spelled.
_Part = tuple[str, np.ndarray | int]


@dataclass(frozen=True)
class CopyData:
    """Rows as COPY takes them, and which columns they hold, in this order."""

    column_names: list[str]
    rows: memoryview

    @classmethod
    def of(cls, table: pa.Table) -> CopyData:
        """The rows of a table of text, whole and decimal numbers, booleans, dates and moments; null stays null.

        Ids are 16 bytes each. Lists of text, and the texts in them, may be empty, but not null.
        """
        fixed: list[_Part] = [(">i2", table.num_columns)]
        fixed_names, other_names, others = [], [], []
        for name in table.column_names:
            values = _whole(table[name])
            if pa.types.is_string(values.type):
                others += [_lengths(values), values.cast(pa.binary())]
                other_names.append(name)
            elif pa.types.is_list(values.type):
                others.append(_text_lists(values))
                other_names.append(name)
            elif values.null_count:
                others.append(_or_null(values))
                other_names.append(name)
            else:
                fixed += _parts(values)
                fixed_names.append(name)
        fields = [_fields(fixed, table.num_rows), *others]
        rows = pc.binary_join_element_wise(*fields, b"", null_handling="replace", null_replacement=b"")
        return cls(fixed_names + other_names, _bytes(rows))

    def copy_to(self, cursor: psycopg.Cursor, relation: str) -> None:
        """COPY into a relation; a column that the rows lack takes its default."""
        names = sql.SQL(", ").join(map(sql.Identifier, self.column_names))
        target = sql.SQL(".").join(map(sql.Identifier, relation.split(".")))
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(target, names)
        with cursor.copy(statement) as copy:
            copy.write(_START)
            copy.write(self.rows)
            copy.write(_END)


def _or_null(values: pa.Array) -> pa.BinaryArray:
    fields = _fields(_parts(values), len(values))
    return pc.if_else(values.is_valid(), fields, pa.scalar(_NULL, pa.binary()))


def _parts(values: pa.Array) -> list[_Part]:
    """The length of each value and the value; whatever stands at a null is overwritten later."""
    kind = values.type
    if pa.types.is_decimal(kind):
        return _decimal_parts(values)
    if pa.types.is_boolean(kind):
        return [(">i4", 1), ("i1", pc.fill_null(values, False).to_numpy(zero_copy_only=False))]
    if pa.types.is_timestamp(kind):
        return [(">i4", 8), (">i8", _numbers(values, np.int64) - _FIRST_MOMENT)]
    if pa.types.is_date32(kind):
        return [(">i4", 4), (">i4", _numbers(values, np.int32) - _FIRST_DAY)]
    if pa.types.is_int64(kind):
        return [(">i4", 8), (">i8", _numbers(values, np.int64))]
    if pa.types.is_int32(kind):
        return [(">i4", 4), (">i4", _numbers(values, np.int32))]
    if kind == ID:
        return [(">i4", ID.byte_width), (f"V{ID.byte_width}", _numbers(values, f"V{ID.byte_width}"))]
    raise TypeError(f"no column of a contract is {kind}")


def _decimal_parts(values: pa.Array) -> list[_Part]:
    """Count of groups, weight of the first, sign, places after the point, groups; at most 18 digits and 4 places."""
    scaled = _numbers(values, np.int64, 2)[::2]
    if values.null_count:
        scaled = np.where(values.is_null().to_numpy(zero_copy_only=False), 0, scaled)
    scale = values.type.scale
    whole, fraction = _split(np.abs(scaled), 10**scale)
    groups = _groups(whole)
    weight = len(groups) - 1
    if fraction.any():
        groups.append(fraction * 10 ** (4 - scale))
    head: list[_Part] = [(">i4", 8 + 2 * len(groups)), (">i2", len(groups)), (">i2", weight)]
    sign = np.where(scaled < 0, _IS_NEGATIVE, 0)
    return [*head, (">i2", sign), (">i2", scale), *((">i2", group) for group in groups)]


def _groups(numbers: np.ndarray) -> list[np.ndarray]:
    """The groups of whole numbers, the highest first: as many as the largest of them needs."""
    groups = [numbers]
    while groups[0].max(initial=0) >= _GROUP:
        groups[:1] = _split(groups[0], _GROUP)
    return groups


def _split(numbers: np.ndarray, by: int) -> tuple[np.ndarray, np.ndarray]:
    """Quotient and remainder; numpy's own divmod takes several times as long."""
    quotient = numbers // by
    return quotient, numbers - quotient * by


def _text_lists(values: pa.ListArray) -> pa.BinaryArray:
    """Length, count of dimensions, no nulls, type of the elements, their count, number of the first, elements."""
    texts = values.values
    elements = pc.binary_join_element_wise(_lengths(texts), texts.cast(pa.binary()), b"")
    joined = pc.binary_join(pa.ListArray.from_arrays(values.offsets, elements), b"")
    counts = pc.list_value_length(values).to_numpy()
    # An empty list has no dimension, and so neither a count nor a first.
    size = np.where(counts, 20, 12) + pc.binary_length(joined).to_numpy()
    head = _fields([(">i4", size), (">i4", counts > 0), (">i4", 0), (">i4", _TEXT_OID)], len(values))
    dimension = _fields([(">i4", counts), (">i4", 1)], len(values))
    dimension = pc.if_else(pa.array(counts > 0), dimension, pa.scalar(b"", pa.binary()))
    return pc.binary_join_element_wise(head, dimension, joined, b"")


def _numbers(values: pa.Array, type_: type | str, width: int = 1) -> np.ndarray:
    """The numbers of an array without a copy, each of so many of the type."""
    start = values.offset * width
    return np.frombuffer(values.buffers()[1], type_)[start : start + len(values) * width]


def _lengths(texts: pa.Array) -> pa.BinaryArray:
    lengths = pc.fill_null(pc.binary_length(texts), -1)
    return _fields([(">i4", _numbers(lengths, np.int32))], len(texts))


def _fields(parts: list[_Part], row_count: int) -> pa.BinaryArray:
    """The parts of each row one behind the other."""
    rows = np.empty(row_count, np.dtype([(str(place), spelling) for place, (spelling, _) in enumerate(parts)]))
    for place, (_, values) in enumerate(parts):
        rows[str(place)] = values
    offsets = np.arange(row_count + 1, dtype=np.int32) * rows.dtype.itemsize
    return pa.Array.from_buffers(pa.binary(), row_count, [None, pa.py_buffer(offsets), pa.py_buffer(rows)])


def _bytes(values: pa.Array) -> memoryview:
    """The values of an array one behind the other, without a copy."""
    offsets = memoryview(values.buffers()[1]).cast("B").cast("i")
    return memoryview(values.buffers()[2])[offsets[values.offset] : offsets[values.offset + len(values)]]


def _whole(values: pa.ChunkedArray) -> pa.Array:
    return values.chunk(0) if values.num_chunks == 1 else pa.concat_arrays(values.chunks)
