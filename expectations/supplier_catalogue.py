"""What a catalogue feed of a supplier must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    # A dangerous good without its number cannot be stored or shipped by the rules.
    Claim(
        name="hazmat_has_a_number",
        columns=("is_hazmat", "un_number"),
        holds=lambda hazmat, number: pc.or_(pc.invert(pc.fill_null(hazmat, False)), pc.is_valid(number)),
        reason="SCHEMA: is_hazmat is true without a un_number",
        severity="warning",
    ),
)


def supplier_catalogue_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
