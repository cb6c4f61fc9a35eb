"""What a stock count must say."""

from __future__ import annotations

from typing import Any

from expectations.building import Claim, Subject, suite

CLAIMS: tuple[Claim, ...] = ()


def stock_count_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
