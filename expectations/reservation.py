"""What reservation events must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    Claim(
        name="has_a_priority",
        columns=("priority",),
        holds=lambda priority: pc.fill_null(pc.less_equal(priority, 9), True),
        reason="RANGE: priority is {priority}, must be 1 to 9",
    ),
)


def reservation_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
