"""Dates, numbers and units of EDI messages in our spelling; what is not understood passes as sent, to be named."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache

UNITS = {
    "EA": "EA", "PC": "EA", "UN": "EA", "PCE": "EA", "PCS": "EA", "C62": "EA", "H87": "EA", "NAR": "EA",
    "PR": "PR", "NPR": "PR", "SET": "SET", "ST": "SET", "KT": "KT", "PK": "PK", "PA": "PK",
    "CA": "CA", "CS": "CA", "CT": "CA", "BX": "BX", "L": "L", "LT": "L", "LTR": "L", "ML": "ML", "MLT": "ML",
    "KG": "KG", "KGM": "KG", "M": "M", "MR": "M", "MTR": "M",
}  # fmt: skip
_KILOGRAMS = {
    "KG": "1", "KGM": "1", "GR": "0.001", "GRM": "0.001", "LB": "0.45359237", "LBR": "0.45359237", "TNE": "1000",
}  # fmt: skip
_DAYS = {"DA": "1", "DAY": "1", "WK": "7", "WEE": "7", "MO": "30.4", "MON": "30.4", "YR": "365", "ANN": "365"}
_UTC = ("GM", "UT")
# Date formats of EDIFACT 2379 that name one day or one moment; of a period, the first day counts.
_DAY_FORMATS = {"102": 8, "101": 6, "203": 12, "204": 14, "201": 10, "202": 12, "303": 12, "304": 14}
_PERIOD_FORMATS = {"718": 8, "711": 8, "719": 12, "713": 10}


@lru_cache(maxsize=4096)
def day_of(text: str) -> str:
    """``CCYYMMDD`` or ``YYMMDD`` as ISO; two digits of a year from 70 on are of the last century."""
    text = text.strip()
    if len(text) == 6 and text.isdecimal():
        text = ("19" if text >= "70" else "20") + text
    if len(text) == 8 and text.isdecimal():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


@lru_cache(maxsize=4096)
def moment_of(date: str, time: str = "", zone: str = "") -> str | None:
    """A day and a time of the day as ISO; without a zone the profile says which is meant. None without a day."""
    day, time = day_of(date), time.strip()
    if not day or not time:
        return day or None
    if not time.isdecimal() or len(time) < 4 or len(day) != 10:
        return f"{day}T{time}"
    clock = ":".join((time[:2], time[2:4], time[4:6] or "00"))
    fraction = f".{time[6:]}" if len(time) > 6 else ""
    return f"{day}T{clock}{fraction}{'Z' if zone in _UTC else ''}"


@lru_cache(maxsize=4096)
def edifact_moment(text: str, code: str) -> str | None:
    """A value of DTM by its format code."""
    if (length := _PERIOD_FORMATS.get(code)) is not None:
        text, code = text.split("-", 1)[0][:length], {8: "102", 12: "203", 10: "201"}[length]
    if (length := _DAY_FORMATS.get(code)) is None or len(text) < length:
        # Many senders name one format and write another: digits alone still say which.
        length = len(text) if text.isdecimal() and len(text) in (6, 8, 12, 14) else 0
    if not length or not text[:length].isdecimal():
        return text or None
    years = 6 if length in (6, 10) or code in ("201", "202") else 8
    zone = "GM" if text[length:] in ("UTC", "GMT", "Z") else ""
    return moment_of(text[:years], text[years:length], zone)


def date_part(moment: str | None) -> str | None:
    """The day of a moment."""
    return moment[:10] if moment and moment[10:11] == "T" else moment


def number_of(text: str) -> str:
    """A number with a point; both standards let a comma stand for it."""
    return text.replace(",", ".") if "," in text else text


def decimal_of(text: str) -> Decimal | None:
    """The number that a text says, exactly; None where it says none."""
    try:
        value = Decimal(number_of(text.strip())) if len(text) < 40 else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def divided(amount: str, basis: str) -> str:
    """A price for ``basis`` units as a price for one."""
    price, count = decimal_of(amount), decimal_of(basis)
    if price is None or not count or count == 1:
        return number_of(amount)
    return plain_number(price / count)


def plain_number(value: Decimal) -> str:
    """Digits and a point, never an exponent."""
    return f"{value.normalize():f}"


def kilograms(amount: str, unit: str) -> str | None:
    """A weight in kg to the gram; None where the unit is none of weight."""
    factor, value = _KILOGRAMS.get(unit), decimal_of(amount)
    if factor is None or value is None:
        return None
    return plain_number((value * Decimal(factor)).quantize(Decimal("0.001")))


def whole_days(count: str, unit: str) -> str | None:
    """A span in days; a year has 365 of them and a month a twelfth of that."""
    value = decimal_of(count)
    if unit not in _DAYS or value is None:
        return None
    if unit in ("MO", "MON"):
        return str(int(value * 365) // 12)
    return str(int(value * Decimal(_DAYS[unit])))
