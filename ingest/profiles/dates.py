"""Dates as a partner writes them to ISO 8601; a value that two declared formats read differently is refused."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ingest.profiles.model import Dates
from ingest.profiles.patterns import date_pattern

_TEXT = pa.string()
_NONE = pa.scalar(None, _TEXT)
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$"
_HAS_OFFSET = r"(Z|:\d{2}(\.\d+)?[+-]\d{2}:?\d{2})$"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def iso_dates(text: pa.Array, dates: Dates, is_moment: bool) -> tuple[pa.Array, list[str | None]]:
    """Distinct texts as ISO dates or moments, and the word against each that is none."""
    words: list[str | None] = [None] * len(text)
    iso = text
    if dates.formats:
        iso = _by_formats(text, dates, words)
    if not is_moment:
        iso = pc.replace_substring_regex(iso, r"^(\d{4}-\d{2}-\d{2})[T ].*$", r"\1") if dates.formats else iso
    elif dates.time_zone != "UTC":
        iso = _in_utc(iso, dates, words)
    return iso, words


def _by_formats(text: pa.Array, dates: Dates, words: list[str | None]) -> pa.Array:
    # An ISO date means one thing to everybody, so it is read whatever the profile declares.
    found = pc.if_else(pc.match_substring_regex(text, _ISO), text, _NONE)
    for date_format in dates.formats:
        read = _by_format(text, date_format)
        differs = pc.fill_null(pc.not_equal(read, found), False)
        for row in pc.indices_nonzero(differs).to_pylist():
            words[row] = f"DATE: read as {found[row].as_py()} or as {read[row].as_py()} by the declared formats"
        found = pc.coalesce(found, read)
    unread = pc.and_(pc.is_valid(text), pc.is_null(found))
    for row in pc.indices_nonzero(unread).to_pylist():
        words[row] = f"DATE: not a date as {' or '.join(dates.formats)}"
    _refuse_no_days(found, words)
    return pc.coalesce(found, text)


def _refuse_no_days(iso: pa.Array, words: list[str | None]) -> None:
    """A day that no calendar has is told as such, not by the form that it was turned into."""
    days = _moments(pc.utf8_slice_codeunits(iso, 0, 10))
    for row in pc.indices_nonzero(pc.and_(pc.is_valid(iso), pc.is_null(days))).to_pylist():
        words[row] = words[row] or "DATE: a day that no calendar has"


def _by_format(text: pa.Array, date_format: str) -> pa.Array:
    parts = pc.extract_regex(text, date_pattern(date_format))
    has = {field.name for field in parts.type}
    year, month, day = _year(parts), _month(parts, has), _two(_field(parts, "day"))
    iso = pc.binary_join_element_wise(year, month, day, "-")
    if "hour" not in has:
        return iso
    minute = _field(parts, "minute") if "minute" in has else pc.if_else(pc.is_valid(iso), "00", _NONE)
    second = _field(parts, "second") if "second" in has else pc.if_else(pc.is_valid(iso), "00", _NONE)
    time = pc.binary_join_element_wise(_hour(parts, has), minute, second, ":")
    moment = pc.binary_join_element_wise(iso, time, "T")
    if "fraction" in has:
        moment = pc.binary_join_element_wise(moment, _field(parts, "fraction"), ".")
    return pc.binary_join_element_wise(moment, _field(parts, "offset"), "") if "offset" in has else moment


def _field(parts: pa.StructArray, name: str) -> pa.Array:
    return pc.struct_field(parts, name)


def _two(text: pa.Array) -> pa.Array:
    return pc.utf8_lpad(text, 2, "0")


def _year(parts: pa.StructArray) -> pa.Array:
    """Four digits; of two digits, 69 and later are of the last century, as strptime has it."""
    year = _field(parts, "year")
    century = pc.if_else(pc.greater_equal(year, "69"), "19", "20")
    return pc.if_else(pc.equal(pc.binary_length(year), 2), pc.binary_join_element_wise(century, year, ""), year)


def _month(parts: pa.StructArray, has: set[str]) -> pa.Array:
    if "month" in has:
        return _two(_field(parts, "month"))
    place = pc.index_in(pc.utf8_lower(_field(parts, "month_name")), pa.array(_MONTHS))
    return _two(pc.cast(pc.add(place, 1), _TEXT))


def _hour(parts: pa.StructArray, has: set[str]) -> pa.Array:
    hour = _field(parts, "hour")
    if "half" not in has:
        return _two(hour)
    number = pc.cast(hour, pa.int32())
    number = pc.if_else(pc.equal(number, 12), 0, number)
    is_after_noon = pc.starts_with(pc.utf8_lower(_field(parts, "half")), "p")
    return _two(pc.cast(pc.if_else(is_after_noon, pc.add(number, 12), number), _TEXT))


def _in_utc(iso: pa.Array, dates: Dates, words: list[str | None]) -> pa.Array:
    """Moments without an offset, taken in the profile's zone; refused where the clock shows one twice or never."""
    is_local = pc.and_(pc.match_substring_regex(iso, _ISO), pc.invert(pc.match_substring_regex(iso, _HAS_OFFSET)))
    local = _moments(pc.if_else(is_local, iso, _NONE))
    early = pc.assume_timezone(local, dates.time_zone, ambiguous="earliest", nonexistent="earliest")
    late = pc.assume_timezone(local, dates.time_zone, ambiguous="latest", nonexistent="latest")
    for row in pc.indices_nonzero(pc.fill_null(pc.not_equal(early, late), False)).to_pylist():
        words[row] = f"DATE: the clocks of {dates.time_zone} show it twice or never; it needs an offset"
    told = pc.cast(pc.cast(early, pa.timestamp("us", "UTC")), pa.timestamp("us"))
    text = pc.strftime(told, "%Y-%m-%dT%H:%M:%SZ")
    return pc.coalesce(text, iso)


def _moments(text: pa.Array) -> pa.Array:
    """Casts what can be cast; a day that no calendar has stays null."""
    try:
        return pc.cast(text, pa.timestamp("us"))
    except pa.ArrowInvalid:
        if len(text) == 1:
            return pa.nulls(1, pa.timestamp("us"))
        middle = len(text) // 2
        return pa.concat_arrays([_moments(text[:middle]), _moments(text[middle:])])
