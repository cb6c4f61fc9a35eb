"""How the values of an unknown file are written: decimal sign and dates. What two readings fit is left open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+-?|[+-]?\d{1,3}(\.\d{3}){2,}-?")
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)\.\d+-?|[+-]?\d{1,3}(,\d{3}){2,}-?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?P<sign>[.,' \u00a0\u202f\u2019])\d{3}(?:(?P=sign)\d{3})*(?:[.,]\d+)?-?")
_EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
_DATE_FORMATS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%y",
    "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y",
)  # fmt: skip
_MOST_DATES = 200
_LEAST_READ = 0.85
_TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")


@dataclass(frozen=True)
class NumberGuess:
    """The signs of numbers, and how sure they are from 0 to 1; unsure where every value fits both readings."""

    decimal: str
    thousands: str
    trailing_minus: bool
    confidence: float


def guess_numbers(values: Iterable[str]) -> NumberGuess:
    """The number signs that the values show."""
    found = [value.strip() for value in values if value and value.strip()]
    clear = [value for value in found if not _EITHER.fullmatch(value)]
    comma = sum(bool(_COMMA.fullmatch(value)) for value in clear)
    point = sum(bool(_POINT.fullmatch(value)) for value in clear)
    decimal = "," if comma > point else "."
    signs = {match["sign"] for value in found if (match := _GROUPED.fullmatch(value))}
    signs = {"'" if sign == "\u2019" else " " if sign in "\u00a0\u202f" else sign for sign in signs} - {decimal}
    # One group alone, such as 1.234, may as well be a decimal of the other style.
    if not comma and not point and len(clear) < len(found):
        return NumberGuess(".", "", False, 0.3)
    thousands = next(iter(sorted(signs)), "") if comma or point or signs & {"'", " "} else ""
    has_minus = any(value.endswith("-") and value[:-1].strip() for value in clear)
    sure = max(comma, point) / (comma + point) if comma + point else 0.9
    return NumberGuess(decimal, thousands, has_minus, round(sure, 2))


def is_number(value: str) -> bool:
    """Whether a text is a number in any of the usual styles, with or without the sign of a currency or per cent."""
    bare = re.sub(r"[$€£%]|\b(EUR|USD|GBP|CHF)\b", "", value).strip()
    return bool(re.fullmatch(r"[+-]?\d[\d.,' \u00a0\u202f\u2019]*-?", bare))


def guess_dates(values: Iterable[str]) -> tuple[str, ...] | None:
    """The formats that read most values; several where the values leave it open, none for ISO, None for no dates.

    One value in seven may be none: a date that no calendar has, or a word.
    """
    found = [value.strip() for value in values if value and value.strip()][:_MOST_DATES]
    other = [value for value in found if not _ISO.fullmatch(value)]
    if len(found) - len(other) >= max(_LEAST_READ * len(found), 1):
        return ()
    counts = {one: _read(one, other) for date in _DATE_FORMATS for time in _TIMES if (one := date + time)}
    most = max(counts.values())
    if not found or most < max(_LEAST_READ * len(other), 1):
        return None
    return tuple(one for one, count in counts.items() if count == most)


def _read(date_format: str, values: list[str]) -> int:
    """How many values the format reads, as days of our time."""
    count = 0
    for value in values:
        try:
            count += 1950 <= datetime.strptime(value, date_format).year <= 2100
        except ValueError:
            continue
    return count
