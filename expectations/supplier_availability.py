"""What an availability feed of a supplier must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    # In stock without a unit, or none with some: one of the two is wrong, and planners must know.
    Claim(
        name="quantity_fits_code",
        columns=("available_quantity", "availability_code"),
        holds=lambda quantity, code: pc.fill_null(
            pc.invert(pc.and_(pc.equal(code, "NONE"), pc.greater(quantity, 0))), True
        ),
        reason="RANGE: available_quantity is {available_quantity} with availability_code {availability_code}",
        severity="warning",
    ),
)


def supplier_availability_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
