"""What a file of the other numbers of parts must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    # Matching takes a line as it is: another number of units would be stored as this one.
    Claim(
        name="alias_is_one_for_one",
        columns=("reference_type_code", "quantity"),
        holds=lambda kind, quantity: pc.fill_null(
            pc.or_(pc.not_equal(kind, "ALIAS"), pc.equal(pc.cast(quantity, "float64"), 1.0)), True
        ),
        reason="SCHEMA: quantity is {quantity} of an ALIAS, which is the part itself",
    ),
)


def references_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
