"""What usage lines must say."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    # A lost sale without a reason still counts as demand; a reason on a fitted part is a slip.
    Claim(
        name="reason_only_for_shortage",
        columns=("usage_type_code", "shortage_reason_code"),
        holds=lambda usage, reason: pc.or_(
            pc.is_null(reason), pc.is_in(usage, pa.array(["LOST_SALE", "EMERGENCY_BUY"]))
        ),
        reason="SCHEMA: shortage_reason_code is {shortage_reason_code} on a line of type {usage_type_code}",
        severity="warning",
    ),
    Claim(
        name="no_more_than_was_asked",
        columns=("quantity", "requested_quantity"),
        holds=lambda quantity, requested: pc.fill_null(pc.less_equal(quantity, requested), True),
        reason="RANGE: quantity is {quantity}, and {requested_quantity} were asked for",
    ),
)


def usage_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
