"""EDIFACT: INVRPT stock report, PRICAT price catalogue, ORDRSP order response and DESADV despatch advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from ingest.readers.edi import edifact_acknowledgement, reading
from ingest.readers.edi.edifact_answers import Answers
from ingest.readers.edi.edifact_envelope import EDIFACT
from ingest.readers.edi.edifact_prices import Prices
from ingest.readers.edi.edifact_shipments import Shipments
from ingest.readers.edi.edifact_stock import Stock
from ingest.readers.edi.reading import Format
from ingest.readers.limits import Limits
from ingest.readers.records import Envelope, Raw, Reasons, Records

IS_CANONICAL = True

_NAMES = {
    "APERAK": "application error", "BAPLIE": "bayplan", "COARRI": "container report", "CONTRL": "syntax report",
    "DELFOR": "delivery schedule", "DELJIT": "delivery just in time", "DESADV": "despatch advice",
    "IFTMBC": "booking confirmation", "IFTMIN": "transport instruction", "INFENT": "enterprise accounting information",
    "INVOIC": "invoice", "INVRPT": "inventory report", "ORDCHG": "order change", "ORDERS": "purchase order",
    "ORDRSP": "order response", "PAORES": "travel availability response", "PARTIN": "party information",
    "PRICAT": "price catalogue", "QUOTES": "quotation", "RECADV": "receiving advice", "REMADV": "remittance advice",
    "SLSRPT": "sales report", "SLSFCT": "sales forecast",
}  # fmt: skip
_FORM = Format(
    dialect=EDIFACT,
    builders={"INVRPT": Stock, "PRICAT": Prices, "ORDRSP": Answers, "DESADV": Shipments},
    names=_NAMES,
    line_tags=("LIN", "UNS"),
)


class Options(BaseModel, extra="forbid", frozen=True):
    """What a profile may say about EDIFACT."""

    encoding: str | None = Field(None, description="Encoding of the text, where UNB names another than is used.")
    inventory_kind: Literal["supplier_availability", "stock_count"] = Field(
        "supplier_availability", description="What an INVRPT is: a supplier's availability or a garage's count."
    )
    part_number_qualifiers: tuple[str, ...] = Field(
        ("MF", "MP", "SA", "VN", "VP", "BP", "IN", "SRV", "EN", "UP"),
        description="Code 7143 of our part number, the best first; else the first number of the line.",
    )
    supplier_part_number_qualifiers: tuple[str, ...] = Field(
        ("SA", "VN", "VP"), description="Code 7143 of the supplier's own number, the best first."
    )
    gtin_qualifiers: tuple[str, ...] = Field(("SRV", "EN", "UP"), description="Code 7143 of the GTIN, the best first.")
    available_qualifiers: tuple[str, ...] = Field(
        ("145", "17"), description="Code 6063 of the quantity for sale, the best first."
    )
    counted_qualifiers: tuple[str, ...] = Field(
        ("257", "145", "17"), description="Code 6063 of the counted quantity, the best first."
    )
    location_qualifiers: tuple[str, ...] = Field(
        ("LOC18", "LOC14", "WH", "GY", "SN", "ST"),
        description="Code 3035 of NAD, or LOC and code 3227, of the place where the stock is, the best first.",
    )
    price_types: Mapping[str, str] = Field(
        {}, description="Code 5387, else 5125, to LIST, JOBBER, DEALER and so on, before our own list."
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
    """The CONTRL that answers a file; None where nothing may be answered, as for a CONTRL.

    ``bad`` are bad rows by number, ``fault`` what ended the file as a whole.
    """
    return edifact_acknowledgement.acknowledgement(
        path, limits, bad, fault, control_number, made_at, tuple(_FORM.builders)
    )
