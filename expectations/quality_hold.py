"""What quality hold events must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    Claim(
        name="lot_hold_has_a_lot",
        columns=("scope_code", "lot_number"),
        holds=lambda scope, lot: pc.or_(pc.fill_null(pc.not_equal(scope, "LOT"), True), pc.is_valid(lot)),
        reason="SCHEMA: scope_code is LOT without a lot_number",
    ),
    Claim(
        name="inspection_has_a_verdict",
        columns=("event_type_code", "verdict_code"),
        holds=lambda event, verdict: pc.or_(pc.fill_null(pc.not_equal(event, "INSPECTED"), True), pc.is_valid(verdict)),
        reason="SCHEMA: event_type_code is INSPECTED without a verdict_code",
    ),
)


def quality_hold_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
