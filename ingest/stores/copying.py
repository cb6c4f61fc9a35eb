"""Tables as the text that COPY takes, made by whole columns."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

# What the text form of COPY uses itself; the backslash comes first, for the others bring new ones.
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_NOTHING = "\\N"
# A look at so many values says whether a column repeats itself; then each value is spelled once.
_LOOK, _FEW = 2000, 200


def copy_statement(relation: str, column_names: list[str]) -> sql.Composed:
    """COPY into a relation; a column that is not named takes its default."""
    names = sql.SQL(", ").join(map(sql.Identifier, column_names))
    target = sql.SQL(".").join(map(sql.Identifier, relation.split(".")))
    return sql.SQL("copy {} ({}) from stdin").format(target, names)


def as_copy_text(table: pa.Table) -> memoryview:
    """The rows in the text form of COPY: null is null, and everything else is said exactly."""
    if not table.num_rows:
        return memoryview(b"")
    *first, last = (_spelled(_whole(column)) for column in table.columns)
    ended = pc.binary_join_element_wise(last, "\n", "", null_handling="replace", null_replacement=_NOTHING)
    rows = pc.binary_join_element_wise(*first, ended, "\t", null_handling="replace", null_replacement=_NOTHING)
    return _bytes(_whole(rows))


def _spelled(values: pa.Array) -> pa.Array:
    if pa.types.is_string(values.type):
        return _escaped(values)
    if pa.types.is_integer(values.type) or len(values[:_LOOK].unique()) > _FEW:
        return pc.cast(values, pa.string())
    coded = values.dictionary_encode()
    return pc.cast(coded.dictionary, pa.string()).take(coded.indices)


def _escaped(values: pa.Array) -> pa.Array:
    content = bytes(_bytes(values))
    for sign, escape in _ESCAPES:
        if sign.encode() in content:
            values = pc.replace_substring(values, sign, escape)
    return values


def _bytes(values: pa.Array) -> memoryview:
    """The texts of an array one behind the other, without a copy."""
    offsets = memoryview(values.buffers()[1]).cast("B").cast("i")
    content = values.buffers()[2]
    start, end = offsets[values.offset], offsets[values.offset + len(values)]
    return memoryview(content)[start:end] if content is not None else memoryview(b"")


def _whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    return values.chunk(0) if values.num_chunks == 1 else pa.concat_arrays(values.chunks)
