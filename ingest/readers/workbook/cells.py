"""One cell of a workbook as text: digits as they are stored, never a rounded or shortened number."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

# Beyond fifteen digits a spreadsheet keeps no digit that it was given.
_EXACT_BELOW = 10**15
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
# Before 1900-03-01 the serial numbers of the 1900 epoch are off by one day; the last is 9999-12-31.
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_957_000
_SHORTENED = re.compile(r"-?\d([.,]\d+)?E\+?\d+", re.IGNORECASE)


def letters_of(column: int) -> str:
    """The letters of a column that is counted from 0: A, Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """The name of a cell that is counted from 0: B17."""
    return f"{letters_of(column)}{row + 1}"


def place_of(name: str) -> tuple[int, int] | None:
    """Row and column, from 0, of a cell's name; None where it is none."""
    match = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})", name)
    if not match:
        return None
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def as_text(value: object, digits: int = 17) -> str:
    """A cell as text: ``12`` for 12.0, ISO dates, TRUE and FALSE; a number past fifteen digits keeps its exponent."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, digits)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value)


def _number(value: int | float, digits: int) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return repr(value)
    if abs(value) >= _EXACT_BELOW:
        return f"{Decimal(repr(value)):E}"
    if value == int(value):
        return str(int(value))
    if digits < 17:
        value = float(f"{value:.{digits}g}")
    return f"{Decimal(repr(value)):f}"


def as_date(value: object, is_1904: bool | None) -> object:
    """The moment that a bare number counts to in the workbook's epoch; the value itself where that is not known."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or is_1904 is None or not _FIRST_SERIAL <= value <= _LAST_SERIAL:
        return value
    moment = _EPOCHS[is_1904] + timedelta(milliseconds=round(value * 86_400_000))
    return moment.date() if moment.time() == time() else moment


def identifier_fault(value: object, accepts_numbers: bool) -> str | None:
    """Why a cell cannot be a part number as its owner wrote it; None where it can."""
    if isinstance(value, str):
        if _SHORTENED.fullmatch(value.strip()) and "+" in value:
            return f"{value.strip()}, a part number that a spreadsheet turned into a number"
        return None
    if isinstance(value, bool):
        return f"{as_text(value)}, a part number that a spreadsheet turned into a truth value"
    if isinstance(value, (int, float)):
        is_whole = abs(value) < _EXACT_BELOW and value == int(value)
        if is_whole and accepts_numbers:
            return None
        shown = str(int(value)) if is_whole else f"{value:.5E}" if abs(value) >= _EXACT_BELOW else as_text(value)
        return f"{shown}, a part number that a spreadsheet turned into a number"
    return f"{as_text(value)}, a part number that a spreadsheet turned into a date or time"
