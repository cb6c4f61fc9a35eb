"""Columns as a partner names and writes them to canonical ones: plain decimals, ISO dates, our codes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ingest.contracts import Column, Contract, Type
from ingest.profiles.columns import sources
from ingest.profiles.dates import iso_dates
from ingest.profiles.model import Dates, Numbers, Profile, Sign
from ingest.profiles.numbers import availabilities, directions, plain_numbers, scaled, signed, why_no_number
from ingest.readers.records import Reasons, Records

_TEXT = pa.string()
_NONE = pa.scalar(None, _TEXT)
# In a value map: whatever the map does not name.
_ANYTHING = "*"


def as_canonical(records: Records, profile: Profile, contract: Contract) -> Records:
    """The same rows under canonical names; those that cannot be converted go to ``bad``, unknown columns are dropped.

    A profile that says nothing costs nothing: the columns are passed on as they are.
    """
    mapping = sources(records.texts.column_names, profile, contract)
    bad: Reasons = defaultdict(list)
    columns = {
        name: _converted(contract.column(name), _joined(records.texts, taken, profile), records.numbers, profile, bad)
        for name, taken in mapping.items()
    }
    _add_given(columns, profile, contract, len(records.numbers))
    texts, numbers = _table(columns, len(records.numbers)), records.numbers
    if bad:
        is_good = pc.invert(pc.is_in(numbers, pa.array(list(bad), pa.int64())))
        texts, numbers = texts.filter(is_good), numbers.filter(is_good)
    return replace(records, texts=texts, numbers=numbers, bad={**records.bad, **bad})


def _table(columns: dict[str, pa.Array], row_count: int) -> pa.Table:
    if columns:
        return pa.table(columns)
    # Arrow keeps no row count without a column.
    return pa.table({"": pa.nulls(row_count, _TEXT)})


def _joined(texts: pa.Table, names: list[str], profile: Profile) -> pa.ChunkedArray:
    """The first of the columns that holds a value, row by row."""
    if len(names) == 1:
        return texts[names[0]]
    return pc.coalesce(*(_values(texts[name], profile) for name in names))


def _values(text: pa.ChunkedArray | pa.Array, profile: Profile) -> pa.ChunkedArray | pa.Array:
    """Trimmed; null where the file says that there is no value."""
    text = pc.utf8_trim_whitespace(text)
    nothing = pa.array(["", *profile.no_value], _TEXT)
    return pc.if_else(pc.is_in(text, nothing), _NONE, text)


def _converted(column: Column, text: pa.ChunkedArray, numbers: pa.Array, profile: Profile, bad: Reasons):
    steps = _steps(column, profile)
    if not steps:
        return text
    text = _values(_one_array(text), profile)
    for step in steps:
        text = step(column, text, numbers, profile, bad)
    return text


def _one_array(text: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(text, pa.ChunkedArray):
        return text.chunk(0) if text.num_chunks == 1 else pa.concat_arrays(text.chunks or [pa.array([], _TEXT)])
    return text


def _steps(column: Column, profile: Profile) -> list:
    """What must be done to a column, in order; nothing where the profile says nothing about it."""
    steps = []
    if column.name in profile.values or (profile.units and column.name.endswith("uom_code")):
        steps.append(_translate)
    if column.type in (Type.QUANTITY, Type.AMOUNT, Type.DAYS, Type.INTEGER):
        if profile.numbers != Numbers():
            steps.append(_plain)
        if column.name in profile.scale:
            steps.append(lambda column, text, numbers, profile, bad: scaled(text, profile.scale[column.name]))
    if column.type in (Type.DATE, Type.TIMESTAMP) and profile.dates != Dates():
        steps.append(_dated)
    # The sign of a quantity is turned where the whole row is at hand: it may fill another column.
    if profile.signs.get(column.name) in (Sign.NEGATE, Sign.ABSOLUTE):
        steps.append(lambda column, text, numbers, profile, bad: signed(text, profile.signs[column.name]))
    if column.name in profile.defaults:
        steps.append(lambda column, text, numbers, profile, bad: pc.fill_null(text, profile.defaults[column.name]))
    if not steps and (profile.no_value or column.name in profile.signs or _feeds_availability(column, profile)):
        steps.append(lambda column, text, numbers, profile, bad: text)
    return steps


def _feeds_availability(column: Column, profile: Profile) -> bool:
    return profile.availability_low_below is not None and column.name in ("available_quantity", "availability_code")


def _translate(column: Column, text: pa.Array, numbers: pa.Array, profile: Profile, bad: Reasons) -> pa.Array:
    words = {**(profile.units if column.name.endswith("uom_code") else {}), **profile.values.get(column.name, {})}
    coded = text.dictionary_encode()
    other = words.get(_ANYTHING)
    ours = [words.get(said, said if other is None else other) for said in coded.dictionary.to_pylist()]
    return pa.array(ours, _TEXT).take(coded.indices)


def _plain(column: Column, text: pa.Array, numbers: pa.Array, profile: Profile, bad: Reasons) -> pa.Array:
    plain, is_bad = plain_numbers(text, profile.numbers)
    for row in pc.indices_nonzero(is_bad).to_pylist():
        said = text[row].as_py()
        words = why_no_number(said, profile.numbers)
        bad[numbers[row].as_py()].append(f"PARSE: {column.name} is '{said[:80]}', {words}")
    return plain


def _dated(column: Column, text: pa.Array, numbers: pa.Array, profile: Profile, bad: Reasons) -> pa.Array:
    coded = text.dictionary_encode()
    iso, words = iso_dates(coded.dictionary, profile.dates, column.type is Type.TIMESTAMP)
    if any(words):
        refused = pa.array([place for place, word in enumerate(words) if word], coded.indices.type)
        for row in pc.indices_nonzero(pc.is_in(coded.indices, refused)).to_pylist():
            code, why = words[coded.indices[row].as_py()].split(": ", 1)
            bad[numbers[row].as_py()].append(f"{code}: {column.name} is '{text[row].as_py()[:80]}', {why}")
    return iso.take(coded.indices)


def _add_given(columns: dict[str, pa.Array], profile: Profile, contract: Contract, row_count: int) -> None:
    """Columns that the profile gives: constants, defaults of columns the file lacks, directions, availabilities."""
    for name, sign in profile.signs.items():
        if sign is Sign.DIRECTION and name in columns:
            text = columns[name]
            columns["direction_code"] = directions(text)
            columns[name] = signed(text, Sign.ABSOLUTE)
    quantity = columns.get("available_quantity")
    if profile.availability_low_below is not None and quantity is not None:
        derived = availabilities(quantity, profile.availability_low_below)
        stated = columns.get("availability_code")
        columns["availability_code"] = derived if stated is None else pc.coalesce(stated, derived)
    missing = {name: text for name, text in profile.defaults.items() if name not in columns}
    for name, text in {**missing, **profile.constants}.items():
        columns[name] = pa.repeat(pa.scalar(text, _TEXT), row_count)
