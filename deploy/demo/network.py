"""The garages of the demonstration and its clock. Both are derived: the real files name no garage."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from deploy.demo.writing import DropFile

AS_OF = "2002-04-01T00:00:00Z"
FIRST_MONTH = "1998-01"
LAST_MONTH = "2002-03"
OPENED_AT = "1998-01-01T00:00:00Z"
OFFICE = "OFFICE"
CAR_BRAND = "CARP"
RETAIL_BRAND = "UCIR"
VENDOR_BRAND = "ADVW"
SURPLUS_BRAND = "DLA"


@dataclass(frozen=True)
class Garage:
    """One garage; ``weight`` is its part of the car parts that call it home."""

    code: str
    name: str
    country_code: str
    time_zone: str
    currency_code: str
    weight: float


# All six keep hours that lie inside one UTC day, so a day at the garage and the UTC date agree.
CAR_GARAGES = (
    Garage("G01", "Detroit Eastern Market", "US", "America/Detroit", "USD", 26),
    Garage("G02", "Toledo Riverside", "US", "America/New_York", "USD", 20),
    Garage("G03", "Fort Wayne Junction", "US", "America/Indiana/Indianapolis", "USD", 17),
    Garage("G04", "Madison Capitol", "US", "America/Chicago", "USD", 14),
    Garage("G05", "Omaha Old Market", "US", "America/Chicago", "USD", 13),
    Garage("G06", "Denver Highlands", "US", "America/Denver", "USD", 10),
)
COUNTER = Garage("G07", "London Accessories Counter", "GB", "Europe/London", "GBP", 0)
GARAGES = (*CAR_GARAGES, COUNTER)


def garage_files() -> list[DropFile]:
    """The one file that names every garage."""
    frame = pd.DataFrame(
        {
            "garage_code": [g.code for g in GARAGES],
            "garage_name": [g.name for g in GARAGES],
            "country_code": [g.country_code for g in GARAGES],
            "time_zone": [g.time_zone for g in GARAGES],
            "currency_code": [g.currency_code for g in GARAGES],
            "valid_from_at": OPENED_AT,
        }
    )
    return [DropFile(OFFICE, "garages", "garages.csv", frame)]
