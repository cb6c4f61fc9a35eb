"""What an answer to an order must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    Claim(
        name="names_the_part",
        columns=("part_number", "supplier_part_number"),
        holds=lambda part, supplier_part: pc.or_(pc.is_valid(part), pc.is_valid(supplier_part)),
        reason="MISSING_KEY: neither part_number nor supplier_part_number is given",
    ),
)


def order_ack_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
