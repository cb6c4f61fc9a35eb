"""PIES words in ours: units, price types, life cycle, weights. A code that is not listed is passed on, to be judged."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

# Where the codes of one price level have several readings (WD2, NET), the sender's profile decides.
PRICE_TYPES = {
    "LST": "LIST", "RET": "LIST", "JBR": "JOBBER", "DLR": "DEALER", "WD1": "DISTRIBUTOR", "DST": "DISTRIBUTOR",
    "INS": "INSTALLER", "COR": "CORE",
}  # fmt: skip
UNITS = {
    "EA": "EA", "PE": "EA", "PC": "EA", "PR": "PR", "ST": "SET", "SE": "SET", "KT": "KT", "PK": "PK", "PA": "PK",
    "CA": "CA", "CS": "CA", "BX": "BX", "LT": "L", "ML": "ML", "KG": "KG", "MR": "M",
}  # fmt: skip
# What the life-cycle codes are called, for those who send the words.
LIFECYCLES = {
    "PROPOSED": "0", "RELEASED": "1", "AVAILABLE TO ORDER": "2", "ELECTRONICALLY ANNOUNCED": "3", "ANNOUNCED": "4",
    "TEMPORARILY UNAVAILABLE": "5", "RENUMBERED": "6", "SUPERSEDED": "7", "DISCONTINUED": "8", "OBSOLETE": "9",
    "ONLY WHILE SUPPLIES LAST": "A", "AVAILABLE ONLY WHILE SUPPLIES LAST": "A",
}  # fmt: skip
INTERCHANGES = {"O": "OE", "C": "COMPETITOR"}
FLAGS = {"Y": "true", "N": "false"}
# Kilograms in one unit; PG and GT are gross pounds and gross kilograms.
_WEIGHTS = {
    "KG": Decimal(1), "GT": Decimal(1), "GR": Decimal("0.001"), "LB": Decimal("0.45359237"),
    "PG": Decimal("0.45359237"), "OZ": Decimal("0.028349523125"),
}  # fmt: skip
_MONTHS = {"MO": Decimal(1), "YR": Decimal(12)}
_LONGEST_NUMBER = 20
_GRAM, _FEWEST_PIECES = Decimal("0.001"), Decimal("0.001")


def decimal(text: str | None) -> Decimal | None:
    """A number as written, exactly; None where it is none."""
    if not text or len(text) > _LONGEST_NUMBER or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < _LONGEST_NUMBER else None


def kilograms(weight: str | None, unit: str | None, eaches: str | None) -> str | None:
    """The weight of one piece to the gram; what cannot be converted is returned with its unit, to be refused."""
    if weight is None:
        return None
    number, factor, pieces = decimal(weight), _WEIGHTS.get(unit or "KG"), decimal(eaches or "1")
    if number is None or factor is None or not pieces or pieces < _FEWEST_PIECES:
        return f"{weight} {unit or ''}".strip()
    return plain((number * factor / pieces).quantize(_GRAM))


def months(duration: str | None, unit: str | None) -> str | None:
    """A time in months; what is not whole months is returned with its unit, to be refused."""
    number, factor = decimal(duration), _MONTHS.get(unit or "MO")
    if number is None or factor is None:
        return f"{duration} {unit or ''}".strip() if duration else None
    whole = number * factor
    return str(int(whole)) if whole == whole.to_integral_value() else f"{duration} {unit or ''}".strip()


def plain(number: Decimal) -> str:
    """A number without exponent."""
    return f"{number:f}"
