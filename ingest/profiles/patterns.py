"""Date formats as a profile writes them, in the signs of strptime."""

from __future__ import annotations

import re

# What each sign of a date format stands for.
DATE_SIGNS = {
    "%Y": r"(?P<year>\d{4})",
    "%y": r"(?P<year>\d{2})",
    "%m": r"(?P<month>0?[1-9]|1[0-2])",
    "%b": r"(?P<month_name>[A-Za-z]{3})",
    "%d": r"(?P<day>0?[1-9]|[12]\d|3[01])",
    "%H": r"(?P<hour>\d{1,2})",
    "%I": r"(?P<hour>\d{1,2})",
    "%p": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    "%M": r"(?P<minute>\d{2})",
    "%S": r"(?P<second>\d{2})",
    "%f": r"(?P<fraction>\d{1,6})",
    "%z": r"(?P<offset>Z|[+-]\d{2}:?\d{2})",
}


def date_pattern(date_format: str) -> str:
    """A regular expression with one named group for each part of the date."""
    pieces = [piece for piece in re.split(r"(%.)", date_format) if piece]
    return "^" + "".join(_part(pieces, place) for place in range(len(pieces))) + "$"


def _part(pieces: list[str], place: int) -> str:
    """A sign as its group; between two others without anything between them, it has all its digits."""
    if (group := DATE_SIGNS.get(pieces[place])) is None:
        return re.escape(pieces[place])
    beside = pieces[max(place - 1, 0) : place] + pieces[place + 1 : place + 2]
    if any(piece in DATE_SIGNS for piece in beside):
        return group.replace("0?[1-9]", "0[1-9]").replace(r"\d{1,2}", r"\d{2}")
    return group


def checked_date_format(date_format: str) -> str:
    """The format, if it names a day without doubt."""
    signs = re.findall(r"%.", date_format)
    if unknown := [sign for sign in signs if sign not in DATE_SIGNS]:
        raise ValueError(f"the date format '{date_format}' has {unknown[0]}; it may have {', '.join(DATE_SIGNS)}")
    parts = [re.search(r"<(\w+)>", DATE_SIGNS[sign])[1].removesuffix("_name") for sign in signs]
    if len(set(parts)) < len(parts) or not {"year", "month", "day"} <= set(parts):
        raise ValueError(f"the date format '{date_format}' must name year, month and day once, such as %d.%m.%Y")
    if ("%I" in signs) != ("%p" in signs):
        raise ValueError(f"the date format '{date_format}' needs %I and %p together")
    return date_format
