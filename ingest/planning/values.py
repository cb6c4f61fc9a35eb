"""What people write into the cells of a decision: a code, a quantity, a day, words."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

_QUANTITY = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,9})?")
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")


class CellFault(ValueError):
    """Why a cell cannot be taken, in words that begin with what it says."""


def as_words(value: object) -> str | None:
    """The text of a cell without blanks around it; None where it is empty. A formula's text stays text."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    return text or None


def as_code(value: object) -> str | None:
    """A decision as one of the words of the list, whatever its case."""
    text = as_words(value)
    return text.upper() if text else None


def as_quantity(value: object) -> Decimal | None:
    """A quantity, also where it is text with a decimal comma."""
    if value is None or isinstance(value, bool):
        if value is None:
            return None
        raise CellFault(f"{value} is not a whole number >= 0")
    if isinstance(value, (int, float)):
        number = Decimal(repr(value)) if value == value and abs(value) < 1e15 else None
    else:
        text = str(value).strip().replace("\u00a0", "").replace(" ", "")
        if not text:
            return None
        number = Decimal(text.replace(",", ".")) if _QUANTITY.fullmatch(text) else None
    if number is None or number < 0 or number != round(number, 3):
        raise CellFault(f"{(as_words(value) or '')[:40]} is not a whole number >= 0")
    return number


def as_day(value: object) -> date | None:
    """A day, from a date cell or from text as 2027-01-31 or 31.01.2027."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    text = str(value).strip()
    if not text:
        return None
    try:
        if match := _DAY.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise CellFault(f"{text[:40]} is no day; write it as 2027-01-31") from None
