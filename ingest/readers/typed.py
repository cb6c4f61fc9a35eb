"""Text columns to the types of a contract, exactly: no float in between, and every bad value named with its line."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contracts import Column, Contract, Type
from ingest.readers.records import Reasons

LINE_NUMBER = "line_number"
# What is wrong with values, by their place.
Words = dict[int, str]

_SCALES = {Type.QUANTITY: (11, 3), Type.AMOUNT: (10, 4), Type.DAYS: (4, 2)}
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
# The years that calendars, databases and Python agree on; an offset may lead out of them.
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_MOMENT = _DATE + r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?"
_ZONE = r"(Z|[+-]\d{2}:?\d{2})"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)$"
# Lists, not arrays: making an Arrow array imports pandas, which whoever only loads this module need not pay for.
_TRUE, _FALSE = ["true", "1", "yes"], ["false", "0", "no"]
# What a spreadsheet leaves of a long number: the digits are gone for good.
_DAMAGED = r"^-?\d([.,]\d+)?E\+\d+$"
_PLUS, _EXPONENTS = ord("+"), (ord("e"), ord("E"))
_LAST_BLANK, _FIRST_FOREIGN = ord(" "), 0x80
# So few values around one that is no plain number are looked at more closely, which takes many times as long.
_MOST_LOOKED_AT = 64
_IDENTIFIERS = ("part_number", "supplier_part_number", "superseded_by_part_number", "gtin", "lot_number")


def as_typed(texts: pa.Table, contract: Contract, lines: pa.Array, field_bytes: int) -> tuple[pa.Table, Reasons]:
    """The good rows of ``texts`` in the contract's types with their line numbers, and what is wrong with the others.

    Blanks around a value are padding. An empty value is no value and takes the contract's default.
    """
    reasons: Reasons = defaultdict(list)
    columns: dict[str, pa.Array] = {}
    for column in contract.columns:
        if column.name in texts.column_names:
            text = _trimmed(texts[column.name])
            columns[column.name] = _typed(column, text, lines, reasons, field_bytes)
    columns[LINE_NUMBER] = lines
    table = pa.table(columns)
    if reasons:
        table = table.filter(pc.invert(pc.is_in(lines, pa.array(list(reasons), pa.int64()))))
    return table, dict(reasons)


def _trimmed(values: pa.ChunkedArray) -> pa.Array:
    text = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(text, pa.ChunkedArray):
        text = text.chunk(0) if text.num_chunks else pa.array([], pa.string())
    content = _content(text)
    # Beyond ASCII there are other blanks.
    if len(content) and not (content.min() > _LAST_BLANK and content.max() < _FIRST_FOREIGN):
        text = pc.utf8_trim_whitespace(text)
    is_empty = pc.equal(pc.binary_length(text), 0)
    return pc.if_else(is_empty, pa.scalar(None, pa.string()), text) if pc.any(is_empty).as_py() else text


def _content(text: pa.Array) -> np.ndarray:
    """The bytes of all values one behind the other, without a copy."""
    _, offsets, content = text.buffers()
    if content is None or not len(text):
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)
    return np.frombuffer(content, np.uint8)[ends[text.offset] : ends[text.offset + len(text)]]


def _typed(column: Column, text: pa.Array, lines: pa.Array, reasons: Reasons, field_bytes: int) -> pa.Array:
    if column.default is not None:
        text = pc.fill_null(text, column.default)
    if column.type is Type.TEXT:
        _note_bad_text(column, text, lines, reasons, field_bytes)
        return text
    # Most columns say few different things: each is typed once.
    coded = text.dictionary_encode()
    values, words = _TYPERS[column.type](column, coded.dictionary)
    if words:
        bad = pc.is_in(coded.indices, pa.array(list(words), coded.indices.type))
        for row in pc.indices_nonzero(bad).to_pylist():
            said = text[row].as_py()
            reasons[lines[row].as_py()].append(_said(words[coded.indices[row].as_py()], column, said))
    return values.take(coded.indices)


def _said(word: str, column: Column, said: str) -> str:
    code, words = word.split(": ", 1)
    return f"{code}: {column.name} is '{said[:80]}', {words}"


def _note_bad_text(column: Column, text: pa.Array, lines: pa.Array, reasons: Reasons, field_bytes: int) -> None:
    longest = pc.max(pc.binary_length(text)).as_py() or 0
    if longest > field_bytes:
        for row in pc.indices_nonzero(pc.greater(pc.binary_length(text), field_bytes)).to_pylist():
            reasons[lines[row].as_py()].append(f"PARSE: {column.name} is longer than {field_bytes} bytes")
    if column.name not in _IDENTIFIERS or not (_content(text) == _PLUS).any():
        return
    damaged = pc.match_substring_regex(text, _DAMAGED, ignore_case=True)
    for row in pc.indices_nonzero(pc.fill_null(damaged, False)).to_pylist():
        words = f"SCHEMA: {column.name} is '{text[row].as_py()}', a spreadsheet-damaged part number"
        reasons[lines[row].as_py()].append(words)


def _cast_each(text: pa.Array, target: pa.DataType) -> pa.Array:
    """Cast what can be cast and leave null what cannot, halving around each bad value."""
    try:
        return pc.cast(text, target)
    except pa.ArrowInvalid:
        if len(text) == 1:
            return pa.nulls(1, target)
        middle = len(text) // 2
        return pa.concat_arrays([_cast_each(text[:middle], target), _cast_each(text[middle:], target)])


def _cast_all(text: pa.Array, target: pa.DataType) -> pa.Array | None:
    """The quick way, where every value is a plain decimal number; None where some value needs a closer look."""
    try:
        values = pc.cast(text, target)
    except pa.ArrowInvalid:
        return None
    return None if np.isin(_content(text), _EXPONENTS).any() else values


def _words(text: pa.Array, values: pa.Array, word: str) -> Words:
    is_bad = pc.and_(pc.is_valid(text), pc.is_null(values))
    return dict.fromkeys(pc.indices_nonzero(is_bad).to_pylist(), word)


def _only(text: pa.Array, pattern: str) -> pa.Array:
    """The values that fit the pattern; null for the others."""
    fits = pc.match_substring_regex(text, pattern)
    return text if pc.all(fits).as_py() else pc.if_else(fits, text, pa.scalar(None, pa.string()))


def _decimal(column: Column, text: pa.Array) -> tuple[pa.Array, Words]:
    whole, places = _SCALES[column.type]
    if (values := _cast_all(text, column.type.value)) is not None:
        return values, {}
    if len(text) > _MOST_LOOKED_AT:
        middle = len(text) // 2
        (first, words), (second, others) = (_decimal(column, part) for part in (text[:middle], text[middle:]))
        return pa.concat_arrays([first, second]), words | {place + middle: said for place, said in others.items()}
    numbers = _only(text, _NUMBER)
    fitting = _only(numbers, rf"^[+-]?0*\d{{0,{whole}}}(\.\d{{0,{places}}}0*)?$")
    values = _cast_each(fitting, column.type.value)
    too_long = f"RANGE: more digits than {whole} before and {places} after the point"
    words = _words(text, numbers, "PARSE: not a decimal number")
    return values, {**_words(numbers, values, too_long), **words}


def _integer(column: Column, text: pa.Array) -> tuple[pa.Array, Words]:
    values = _cast_each(_only(text, r"^[+-]?\d{1,10}$"), pa.int32())
    return values, _words(text, values, "PARSE: not a whole number")


def _within(values: pa.Array, first: date, last: date) -> pa.Array:
    """The values from first to last; null for the others."""
    ends = [pa.scalar(end, values.type) for end in (first, last)]
    is_inside = pc.and_(pc.greater_equal(values, ends[0]), pc.less_equal(values, ends[1]))
    return values if pc.all(is_inside).as_py() else pc.if_else(is_inside, values, pa.scalar(None, values.type))


def _boolean(column: Column, text: pa.Array) -> tuple[pa.Array, Words]:
    lower = pc.utf8_lower(text)
    is_true, is_false = pc.is_in(lower, pa.array(_TRUE)), pc.is_in(lower, pa.array(_FALSE))
    values = pc.if_else(is_true, True, pc.if_else(is_false, False, pa.scalar(None, pa.bool_())))
    return values, _words(text, values, "PARSE: not one of true, false, 1, 0, yes, no")


def _date(column: Column, text: pa.Array) -> tuple[pa.Array, Words]:
    values = _cast_each(_only(text, f"^{_DATE}$"), pa.date32())
    values = _within(values, _FIRST.date(), _LAST.date())
    return values, _words(text, values, "DATE: not a date as YYYY-MM-DD")


def _timestamp(column: Column, text: pa.Array) -> tuple[pa.Array, Words]:
    return _moments(text)


def _moments(text: pa.Array) -> tuple[pa.Array, Words]:
    """A moment with its offset; a date or a moment without one is taken as UTC."""
    target = Type.TIMESTAMP.value
    zoned = _cast_each(_only(text, f"^{_MOMENT}{_ZONE}$"), target)
    plain = _cast_each(_only(text, f"^{_MOMENT}$"), pa.timestamp("us"))
    values = _within(pc.coalesce(zoned, pc.assume_timezone(plain, "UTC")), _FIRST, _LAST)
    return values, _words(text, values, "DATE: not an ISO 8601 moment, such as 2024-05-31T08:15:00Z")


def as_moment(text: str) -> datetime | None:
    """One moment in ISO 8601, by the rules for moments in rows; None where it is none."""
    values, words = _moments(pa.array([text.strip()], pa.string()))
    return None if words else values[0].as_py()


_TYPERS = {
    Type.QUANTITY: _decimal,
    Type.AMOUNT: _decimal,
    Type.DAYS: _decimal,
    Type.INTEGER: _integer,
    Type.BOOLEAN: _boolean,
    Type.DATE: _date,
    Type.TIMESTAMP: _timestamp,
}
