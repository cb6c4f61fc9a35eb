"""The ``orders`` section of a profile: how orders to a partner are written, and by which names they know us."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ingest.exports import safe_name

COLUMNS = (
    "purchase_order_number", "line_number", "order_type_code", "ordered_on", "garage_code", "garage_name",
    "ship_to_code", "buyer_code", "brand_code", "part_number", "supplier_part_number", "description", "quantity",
    "uom_code", "pack_quantity", "pack_count", "unit_price_amount", "currency_code", "need_by_on",
)  # fmt: skip
_USUAL_COLUMNS = (
    "purchase_order_number", "line_number", "ordered_on", "ship_to_code", "brand_code", "part_number",
    "supplier_part_number", "description", "quantity", "uom_code", "unit_price_amount", "currency_code", "need_by_on",
)  # fmt: skip
_EXTENSIONS = {"csv": "csv", "xlsx": "xlsx", "x12": "x12", "edifact": "edi"}
_PLACE = re.compile(r"\{(number|supplier|date|time)(?::0([1-9])d?)?\}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Party(_Part):
    """A partner as the envelope of a message names it."""

    code: Annotated[str, Field(min_length=1, max_length=35)]
    qualifier: Annotated[str, Field(min_length=1, max_length=4)] | None = None


def _check_signs(signs: dict[str, str]) -> None:
    for name, sign in signs.items():
        if len(sign) != 1 or sign.isalnum() or not sign.isascii() or not sign.isprintable() or sign == " ":
            raise ValueError(f"{name}: '{sign}' separates nothing; write one sign that is no letter, digit or blank")
    if len(set(signs.values())) < len(signs):
        raise ValueError(f"{' and '.join(signs)} are the same sign; write different ones")


class X12Options(_Part):
    """How an 850 is written."""

    version: Literal["004010", "005010"] = "004010"
    element: str = "*"
    component: str = ">"
    terminator: str = "~"
    line_ends: bool = True
    # Element 235 of our part number and of the supplier's own.
    part_number_qualifier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")] = "MG"
    supplier_part_number_qualifier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")] = "VP"
    # Element 92 of stock and rush orders.
    order_types: dict[Literal["STOCK", "RUSH"], Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]] = {}

    @model_validator(mode="after")
    def _signs_differ(self) -> X12Options:
        _check_signs({name: getattr(self, name) for name in ("element", "component", "terminator")})
        return self


class EdifactOptions(_Part):
    """How an ORDERS D.96A is written."""

    character_set: Literal["UNOA", "UNOB", "UNOC"] = "UNOC"
    association_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,6}$")] | None = None
    line_ends: bool = True
    # Code 7143 of our part number and of the supplier's own.
    part_number_qualifier: Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")] = "MF"
    supplier_part_number_qualifier: Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")] = "SA"
    # Code 1001 of stock and rush orders.
    order_types: dict[Literal["STOCK", "RUSH"], Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")]] = {}


class TableOptions(_Part):
    """What columns a table of orders has, in their order: ours, and what the partner calls them."""

    columns: dict[str, Annotated[str, Field(min_length=1)]] = {name: name for name in _USUAL_COLUMNS}

    @field_validator("columns")
    @classmethod
    def _are_ours(cls, columns: dict[str, str]) -> dict[str, str]:
        if unknown := [name for name in columns if name not in COLUMNS]:
            raise ValueError(f"an order has no column '{unknown[0]}'; write some of {', '.join(COLUMNS)}")
        needed = {"purchase_order_number", "line_number", "quantity"}
        if missing := sorted(needed - set(columns)):
            raise ValueError(f"{missing[0]} is not among them; an order cannot be answered without it")
        if not {"part_number", "supplier_part_number"} & set(columns):
            raise ValueError("no column says which part; write part_number or supplier_part_number")
        return columns


class CsvOptions(TableOptions):
    """How a delimited file of orders is written."""

    delimiter: Literal[",", ";", "|", "\t"] = ","
    encoding: Literal["utf-8", "utf-8-sig", "cp1252", "iso8859-1"] = "utf-8"
    decimal: Literal[".", ","] = "."
    date_format: Annotated[str, Field(pattern=r"^(%[YmdyHM]|[-./])+$")] = "%Y-%m-%d"
    header: bool = True


class XlsxOptions(TableOptions):
    """How a workbook of orders is written."""

    sheet: Annotated[str, Field(pattern=r"^[^\[\]:*?/\\']{1,31}$")] = "Orders"


class Orders(_Part):
    """How orders to a partner are written; a profile without the section means plain CSV.

    ``garages`` are the partner's numbers for our garages, ``buyer_code`` theirs for us.
    """

    format: Literal["csv", "xlsx", "x12", "edifact"] = "csv"
    file_name: str | None = None
    orders_per_file: Annotated[int, Field(ge=1, le=1000)] = 100
    quantity_in: Literal["base", "pack"] = "base"
    sender: Party | None = None
    receiver: Party | None = None
    buyer_code: Annotated[str, Field(min_length=1, max_length=17)] | None = None
    garages: dict[str, Annotated[str, Field(min_length=1, max_length=17)]] = {}
    is_test: bool = False
    # From when an order without an answer is a finding; never where the partner does not answer orders.
    answer_hours: Annotated[int, Field(ge=1, le=24 * 60)] | None = 48
    csv: CsvOptions = CsvOptions()
    xlsx: XlsxOptions = XlsxOptions()
    x12: X12Options = X12Options()
    edifact: EdifactOptions = EdifactOptions()

    @field_validator("file_name")
    @classmethod
    def _is_a_name(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        if "{number" not in pattern:
            raise ValueError("two files would have one name; write {number} or {number:06d} into it")
        plain = _PLACE.sub("1", pattern)
        if plain != safe_name(plain):
            raise ValueError(
                f"'{pattern}' is no plain file name; write letters, digits, . _ - and {{number}}, {{supplier}},"
                " {date}, {time}"
            )
        return pattern

    @model_validator(mode="after")
    def _parties_are_named(self) -> Orders:
        if self.format not in ("x12", "edifact"):
            return self
        for name in ("sender", "receiver"):
            party = getattr(self, name)
            if party is None:
                raise ValueError(f"{name}: {self.format} says who it is from and for; write its code and qualifier")
            if self.format == "x12" and (len(party.code) > 15 or len(party.qualifier or "ZZ") != 2):
                raise ValueError(f"{name}: x12 has room for a code of 15 and a qualifier of 2 signs; write such ones")
            said = party.code + (party.qualifier or "")
            if not said.isascii() or not said.isprintable() or party.code != party.code.strip():
                raise ValueError(f"{name}: it is written in ASCII; write letters and digits")
            x12 = self.x12
            signs = {x12.element, x12.component, x12.terminator, *("^" if x12.version >= "005010" else "")}
            if self.format == "x12" and set(said) & signs:
                raise ValueError(f"{name}: '{said}' holds a sign that separates; write other signs into x12")
        return self

    def name_of(self, supplier_code: str, number: int, made_at: datetime) -> str:
        """The file name of the order file with this number, below the outbox."""
        pattern = self.file_name or "orders_{number:06d}." + _EXTENSIONS[self.format]
        values = {
            "supplier": safe_name(supplier_code),
            "date": made_at.strftime("%Y%m%d"),
            "time": made_at.strftime("%H%M%S"),
        }

        def filled(place: re.Match[str]) -> str:
            if place[1] == "number":
                return str(number).zfill(int(place[2] or 0))
            return values[place[1]]

        return f"{safe_name(supplier_code)}/{_PLACE.sub(filled, pattern)}"
