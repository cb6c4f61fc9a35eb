"""X12: 846 inventory advice, 832 price catalogue, 855 order acknowledgement and 856 ship notice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from ingest.readers.edi import reading, x12_acknowledgement
from ingest.readers.edi.reading import Format
from ingest.readers.edi.x12_answers import Answers
from ingest.readers.edi.x12_envelope import X12
from ingest.readers.edi.x12_prices import Prices
from ingest.readers.edi.x12_shipments import Shipments
from ingest.readers.edi.x12_stock import Stock
from ingest.readers.limits import Limits
from ingest.readers.records import Envelope, Raw, Reasons, Records

IS_CANONICAL = True

_NAMES = {
    "180": "return merchandise authorisation", "204": "motor carrier load tender", "214": "shipment status message",
    "810": "invoice", "820": "payment order", "830": "planning schedule", "832": "price catalogue",
    "846": "inventory advice", "850": "purchase order", "852": "product activity data",
    "855": "purchase order acknowledgement", "856": "ship notice", "860": "purchase order change",
    "861": "receiving advice", "865": "purchase order change acknowledgement",
    "867": "product transfer and resale report", "869": "order status inquiry", "870": "order status report",
    "875": "grocery purchase order", "880": "grocery invoice", "894": "delivery and return record",
    "940": "warehouse shipping order", "945": "warehouse shipping advice", "997": "functional acknowledgement",
    "999": "implementation acknowledgement",
}  # fmt: skip
_FORM = Format(
    dialect=X12,
    builders={"846": Stock, "832": Prices, "855": Answers, "856": Shipments},
    names=_NAMES,
    line_tags=("LIN", "PO1", "HL"),
)


class Options(BaseModel, extra="forbid", frozen=True):
    """What a profile may say about X12."""

    encoding: str | None = Field(None, description="Encoding of the text; UTF-8 where nothing is said.")
    inventory_kind: Literal["supplier_availability", "stock_count"] = Field(
        "supplier_availability", description="What an 846 is: a supplier's availability or a garage's count."
    )
    part_number_qualifiers: tuple[str, ...] = Field(
        ("MG", "MN", "VP", "VN", "VC", "BP", "CB", "IN", "PN", "UP", "UK", "EN", "UI", "UA"),
        description="Element 235 of our part number, the best first; else the first number of the line.",
    )
    supplier_part_number_qualifiers: tuple[str, ...] = Field(
        ("VP", "VN", "VC"), description="Element 235 of the supplier's own number, the best first."
    )
    gtin_qualifiers: tuple[str, ...] = Field(
        ("UK", "UP", "EN", "UI", "UA"), description="Element 235 of the GTIN, the best first."
    )
    available_qualifiers: tuple[str, ...] = Field(
        ("33", "17"), description="Element 673 of the quantity for sale, the best first."
    )
    counted_qualifiers: tuple[str, ...] = Field(("17",), description="Element 673 of the counted quantity.")
    location_qualifiers: tuple[str, ...] = Field(
        ("WH", "SF", "ST"), description="Element 98 of the place where the stock is, the best first."
    )
    price_types: Mapping[str, str] = Field(
        {}, description="Element 236, or class of trade/236, to LIST, JOBBER, DEALER and so on, before our own list."
    )
    units: Mapping[str, str] = Field({}, description="Further units of measure, to ours.")


def read_envelope(path: Path, options: Options, limits: Limits) -> Envelope:
    """What the file says of itself; raises ``FileFault`` for a broken envelope and for a file without inventory."""
    return reading.read_envelope(_FORM, path, options, limits)


def read_records(path: Path, kind: str, options: Options, limits: Limits) -> Iterator[Records]:
    """Rows under canonical names; a row bears the ordinal of its segment in the file."""
    return reading.read_records(_FORM, path, kind, options, limits)


def raw_rows(path: Path, kind: str, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """The segments that rows came from, as sent."""
    return reading.raw_rows(_FORM, path, options, limits, numbers)


def acknowledgement(
    path: Path, limits: Limits, bad: Reasons, fault: str | None, control_number: str, made_at: datetime
) -> bytes | None:
    """The 997 that answers a file; None where nothing may be answered, as for a 997.

    ``bad`` are bad rows by number, ``fault`` what ended the file as a whole.
    """
    return x12_acknowledgement.acknowledgement(path, limits, bad, fault, control_number, made_at, tuple(_FORM.builders))
