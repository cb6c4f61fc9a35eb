"""What a list of interchangeable parts must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    Claim(
        name="stands_for_another",
        columns=("brand_code", "part_number", "other_brand_code", "other_part_number"),
        holds=lambda brand, part, other_brand, other: pc.fill_null(
            pc.invert(pc.and_(pc.equal(brand, other_brand), pc.equal(part, other))), True
        ),
        reason="SCHEMA: {part_number} stands for itself",
    ),
)


def supplier_interchange_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
