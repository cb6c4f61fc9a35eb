"""What people write into the cells of a decision: a code, a quantity, a day, words."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

_QUANTITY = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,9})?")
# Thousands where a sign groups digits, and far less where it stands before decimals.
_GROUPED_OR_DECIMAL = re.compile(r"\+?([1-9]\d{0,2})[.,](\d{3})")
_DAY = re.compile(r"(\d{1,2})([./])(\d{1,2})[./](\d{4})")


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
    """A quantity, also where it is text with a decimal comma; text that may be a thousand times as much is refused."""
    if value is None or isinstance(value, bool):
        if value is None:
            return None
        raise CellFault(f"{value} is not a whole number >= 0")
    if isinstance(value, (int, float)):
        # As many digits as a spreadsheet shows: a formula that gives 435 may be stored as 434.99999999999994.
        number = Decimal(f"{value:.15g}") if value == value and abs(value) < 1e15 else None
    else:
        text = str(value).strip().replace("\u00a0", "").replace(" ", "")
        if not text:
            return None
        if match := _GROUPED_OR_DECIMAL.fullmatch(text):
            whole, rest = match.groups()
            one, mend = (whole, "it without the sign between") if rest == "000" else (text, f"{whole}{rest} or {text}0")
            raise CellFault(f"{text} may be {one} or {whole}{rest}; write {mend}")
        number = Decimal(text.replace(",", ".")) if _QUANTITY.fullmatch(text) else None
    if number is None or number < 0 or number != round(number, 3):
        raise CellFault(f"{(as_words(value) or '')[:40]} is not a whole number >= 0")
    return number


def as_day(value: object) -> date | None:
    """A day, from a date cell or from text as 2027-01-31, 31.01.2027 or 31/01/2027; refused where it may be two."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    text = as_words(value)
    if not text:
        return None
    try:
        if match := _DAY.fullmatch(text):
            day, month, year = int(match[1]), int(match[3]), int(match[4])
            found = date(year, month, day)
            # With slashes some write the month first.
            if match[2] == "/" and day != month and day <= 12:
                raise CellFault(f"{text} may be {found} or {date(year, day, month)}; write it as one of them")
            return found
        return datetime.fromisoformat(text).date()
    except CellFault:
        raise
    except ValueError:
        raise CellFault(f"{text[:40]} is no day; write it as 2027-01-31") from None
