"""Numbers as a partner writes them to plain ones: an optional minus, digits, and a point before the decimals."""

from __future__ import annotations

import re
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from ingest.profiles.model import Numbers, Sign

_TEXT = pa.string()
# Each thousands sign and the look-alikes that programs write for it.
_LOOK_ALIKES = {" ": " \u00a0\u2009\u202f", "'": "'\u2019"}
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)$"
_WIDE = pa.decimal128(24, 8)


def plain_numbers(text: pa.Array, numbers: Numbers) -> tuple[pa.Array, pa.Array]:
    """The texts with '.' as decimal sign and nothing between thousands, and which of them are no number so written."""
    if numbers.trailing_minus:
        text = pc.replace_substring_regex(text, r"^([^+-].*)-$", r"-\1")
    if numbers == Numbers(trailing_minus=numbers.trailing_minus):
        return text, pc.and_(pc.is_valid(text), False)
    fits = pc.match_substring_regex(text, _written(numbers))
    plain = text
    if numbers.thousands:
        plain = pc.replace_substring_regex(plain, f"[{_class(numbers.thousands)}]", "")
    if numbers.decimal == ",":
        plain = pc.replace_substring(plain, ",", ".")
    return plain, pc.fill_null(pc.invert(fits), False)


def why_no_number(said: str, numbers: Numbers) -> str:
    """What keeps this text from being a number as the profile declares them."""
    if found := re.search(r"[$€£¥₣₤₽]|\b(EUR|USD|GBP|CHF)\b", said):
        return f"with a currency sign ({found[0]}); the number must stand alone"
    if "%" in said:
        return "with a percent sign (%); the number must stand alone"
    between = f"'{numbers.thousands}'" if numbers.thousands else "nothing"
    return f"not a number with '{numbers.decimal}' before the decimals and {between} between thousands"


def scaled(text: pa.Array, factor: Decimal) -> pa.Array:
    """Plain numbers times a factor, exactly; whatever is no number stays as it is."""
    values, is_number = _values(text)
    products = pc.multiply(values, pa.scalar(factor, pa.decimal128(12, 6)))
    return pc.if_else(is_number, _as_text(products), text)


def signed(text: pa.Array, sign: Sign) -> pa.Array:
    """Plain numbers with the sign that the platform means."""
    if sign is Sign.AS_IS:
        return text
    if sign is Sign.NEGATE:
        turned = pc.replace_substring_regex(text, r"^([+-]?)(.)", r"-\1\2")
        return pc.replace_substring_regex(pc.replace_substring_regex(turned, r"^--", ""), r"^-\+", "-")
    return pc.replace_substring_regex(text, r"^[+-]", "")


def directions(text: pa.Array) -> pa.Array:
    """OUT for numbers below zero, IN for the others."""
    return pc.if_else(pc.starts_with(text, "-"), "OUT", "IN")


def availabilities(text: pa.Array, low_below: Decimal) -> pa.Array:
    """The availability that a quantity stands for; null where there is no quantity."""
    values, is_number = _values(text)
    low = pa.scalar(low_below, _WIDE)
    words = pc.if_else(pc.less(values, low), "LOW", "IN_STOCK")
    words = pc.if_else(pc.less_equal(values, pa.scalar(Decimal(0), _WIDE)), "NONE", words)
    return pc.if_else(is_number, words, pa.scalar(None, _TEXT))


def _written(numbers: Numbers) -> str:
    decimal = re.escape(numbers.decimal)
    whole = r"\d+"
    if numbers.thousands:
        whole = rf"(\d+|\d{{1,3}}([{_class(numbers.thousands)}]\d{{3}})+)"
    return rf"^[+-]?({whole}({decimal}\d*)?|{decimal}\d+)$"


def _class(thousands: str) -> str:
    return _LOOK_ALIKES.get(thousands, re.escape(thousands))


def _values(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    is_number = pc.fill_null(pc.match_substring_regex(text, r"^[+-]?(\d{1,15}\.?\d{0,8}|\.\d{1,8})$"), False)
    return pc.cast(pc.if_else(is_number, text, pa.scalar(None, _TEXT)), _WIDE), is_number


def _as_text(values: pa.Array) -> pa.Array:
    # Arrow writes small decimals with an exponent; one with all its places never needs one.
    text = pc.cast(values, _TEXT)
    if pc.any(pc.match_substring(text, "E")).as_py():
        text = pa.array([None if v is None else f"{v:f}" for v in values.to_pylist()], _TEXT)
    return pc.replace_substring_regex(pc.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1"), r"\.$", "")
