"""Columns of plain types as text: every digit that is stored, ISO dates, and no other type."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from ingest.readers.limits import FileFault

_TEXT = pa.string()
# Beyond fifteen digits a float keeps no digit that it was given.
_EXACT_BELOW = 1e15
_IDENTIFIER = re.compile(r"^(.*part.?number|gtin|ean|lot.?number|lot)$", re.IGNORECASE)

Reasons = dict[int, list[str]]


def check_schema(schema: pa.Schema, column_count: int) -> None:
    """Raise for a column of a type that is no plain value, a name that stands twice, or too many columns."""
    if len(schema) > column_count:
        raise FileFault("HEADER", f"the file has more than {column_count} columns", "Send only the columns needed.")
    if repeated := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        words = f"the file names {', '.join(repeated)} more than once"
        raise FileFault("DUPLICATE_HEADER", words, "Name each column once.")
    for field in schema:
        if "\0" in field.name or _typer(field.type) is None:
            name = field.name.replace("\0", "\\x00")
            words = f"column '{name}' is of type {str(field.type)[:100]}, which is no plain value"
            mend = "Send flat columns of text, numbers, dates, moments or truth values, or name those needed."
            raise FileFault("UNKNOWN_TYPE", words, mend)


def as_texts(batch: pa.RecordBatch, first: int, decimal: str) -> tuple[pa.Table, pa.Array, Reasons]:
    """The good rows as text, their numbers from ``first`` on, and what is wrong with the others."""
    bad: Reasons = defaultdict(list)
    columns = []
    for field, values in zip(batch.schema, batch.columns, strict=True):
        text = _typer(field.type)(values)
        _note_bad(field.name, values, text, first, bad)
        if decimal != "." and (types.is_floating(field.type) or types.is_decimal(field.type)):
            text = pc.replace_substring(text, ".", decimal)
        columns.append(text)
    numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
    table = pa.table(columns, names=batch.schema.names)
    if bad:
        is_good = pc.invert(pc.is_in(numbers, pa.array(list(bad), pa.int64())))
        table, numbers = table.filter(is_good), numbers.filter(is_good)
    return table, numbers, dict(sorted(bad.items()))


def shown(batch: pa.RecordBatch) -> list[list[str]]:
    """The rows as they are, each as texts that any database can hold."""
    columns = [
        _typer(field.type)(values).to_pylist() for field, values in zip(batch.schema, batch.columns, strict=True)
    ]
    return [[(text or "").replace("\0", "\\x00") for text in row] for row in zip(*columns, strict=True)]


def _note_bad(name: str, values: pa.Array, text: pa.Array, first: int, bad: Reasons) -> None:
    if types.is_floating(values.type):
        finite = pc.is_finite(values)
        _note(pc.invert(finite), lambda row: f"PARSE: {name} is {values[row].as_py()}, which is no number", first, bad)
        if _IDENTIFIER.match(name):
            wide = values.cast(pa.float64())
            is_whole = pc.and_(pc.equal(wide, pc.floor(wide)), pc.less(pc.abs(wide), _EXACT_BELOW))
            words = "a part number that was turned into a number with decimals"
            is_damaged = pc.and_(finite, pc.invert(is_whole))
            _note(is_damaged, lambda row: f"SCHEMA: {name} is {text[row].as_py()}, {words}", first, bad)
    elif types.is_string(text.type) and pc.any(pc.match_substring(text, "\0")).as_py():
        is_bad = pc.match_substring(text, "\0")
        _note(is_bad, lambda row: f"PARSE: {name} holds a NUL character", first, bad)


def _note(is_bad: pa.Array, words: Callable[[int], str], first: int, bad: Reasons) -> None:
    for row in pc.indices_nonzero(pc.fill_null(is_bad, False)).to_pylist():
        bad[first + row].append(words(row))


def _typer(kind: pa.DataType) -> Callable[[pa.Array], pa.Array] | None:
    """How values of a type become text; None for a type that is not allowed."""
    if types.is_dictionary(kind):
        inner = _typer(kind.value_type)
        is_text = _is_text(kind.value_type)
        return (lambda values: inner(values.dictionary_decode())) if inner and is_text else None
    if _is_text(kind) or types.is_integer(kind) or types.is_null(kind):
        return lambda values: values.cast(_TEXT)
    if types.is_floating(kind) or types.is_decimal(kind):
        return _number
    if types.is_boolean(kind):
        return lambda values: pc.if_else(values, "true", "false")
    if types.is_date32(kind):
        return lambda values: values.cast(_TEXT)
    if types.is_date64(kind):
        return lambda values: values.cast(pa.timestamp("ms")).cast(pa.date32(), safe=False).cast(_TEXT)
    return _moment if types.is_timestamp(kind) else None


def _is_text(kind: pa.DataType) -> bool:
    return types.is_string(kind) or types.is_large_string(kind) or kind == pa.string_view()


def _number(values: pa.Array) -> pa.Array:
    """Decimals as they are, floats by the fewest digits that mean them; never with an exponent."""
    if types.is_float16(values.type):
        values = values.cast(pa.float32())
    text = values.cast(_TEXT)
    has_exponent = pc.fill_null(pc.match_substring(text, "e", ignore_case=True), False)
    if pc.any(has_exponent).as_py():
        plain = [None if said is None else _plain(said) for said in text.to_pylist()]
        text = pa.array(plain, _TEXT)
    return pc.replace_substring_regex(text, r"^(-?\d+)\.0$", r"\1") if types.is_floating(values.type) else text


def _plain(said: str) -> str:
    return f"{Decimal(said):f}" if "e" in said.lower() else said


def _moment(values: pa.Array) -> pa.Array:
    """ISO 8601; a moment of a known zone in UTC."""
    zone = "Z" if values.type.tz else ""
    utc = values.cast(pa.timestamp(values.type.unit))
    if values.type.unit == "ns":
        try:
            utc = utc.cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            # It counts nanoseconds: they are shown, and refused where they cannot be kept.
            utc = utc.cast(pa.timestamp("ns"))
    text = pc.replace_substring(utc.cast(_TEXT), " ", "T")
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1")
    return pc.binary_join_element_wise(pc.replace_substring_regex(text, r"\.$", ""), zone, "")
