"""An order as a file says it, and the checks that every format shares."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ingest.errors import PartsbayError
from ingest.profiles.orders import Orders


@dataclass(frozen=True)
class Line:
    """One line of an order; quantities in base units, the price of one base unit."""

    line_number: int
    brand_code: str
    part_number: str
    supplier_part_number: str | None
    description: str | None
    quantity: Decimal
    uom_code: str
    pack_quantity: Decimal = Decimal(1)
    unit_price_amount: Decimal | None = None
    need_by_on: date | None = None

    def as_ordered(self, settings: Orders) -> tuple[Decimal, str, Decimal | None]:
        """Quantity, unit and price of one unit: in packs where the partner wants them and they come out whole."""
        packs, rest = divmod(self.quantity, self.pack_quantity)
        if settings.quantity_in == "base" or self.pack_quantity == 1 or rest:
            return self.quantity, self.uom_code, self.unit_price_amount
        price = None if self.unit_price_amount is None else self.unit_price_amount * self.pack_quantity
        return packs, "PK", price


@dataclass(frozen=True)
class Order:
    """One order of a garage to a supplier, in one currency."""

    purchase_order_number: str
    order_type_code: str
    garage_code: str
    garage_name: str
    currency_code: str
    created_at: datetime
    lines: tuple[Line, ...]

    def ship_to(self, settings: Orders) -> str:
        """The garage as the partner calls it."""
        return settings.garages.get(self.garage_code, self.garage_code)


def number(value: Decimal) -> str:
    """Digits and a point, never an exponent, and no zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def refused(place: str, words: str, mend: str) -> PartsbayError:
    """What cannot be written as it is meant, and what to do; nothing of the file is written."""
    return PartsbayError("order_not_writable", f"{place}: {words}", mend)


def identifier(value: str, longest: int, allowed: frozenset[str], place: str, what: str) -> str:
    """A number or code exactly as it is: it is refused rather than changed."""
    wrong = sorted(set(value) - allowed)
    if wrong:
        words = f"{what} is {value!r}, and {wrong[0]!r} cannot be written in this format"
        raise refused(place, words, "Choose other signs or another character set in the orders section of the profile.")
    if len(value) > longest:
        words = f"{what} is {value!r}, and there is room for {longest} signs"
        raise refused(place, words, "Shorten it where it comes from, or send the supplier another format.")
    return value


def words(value: str | None, longest: int, allowed: frozenset[str]) -> str:
    """Text for people in the signs that a format has: others lose their marks, or become a blank."""
    if not value:
        return ""
    plain = "".join(sign if sign in allowed else _plain(sign, allowed) for sign in unicodedata.normalize("NFC", value))
    return " ".join(plain.split())[:longest].rstrip()


def _plain(sign: str, allowed: frozenset[str]) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign) if part in allowed)
    if bare:
        return bare
    return sign.upper() if sign.upper() in allowed else " "
