"""What a file of units and pack levels must say."""

from __future__ import annotations

from typing import Any

from expectations.building import Subject, suite
from expectations.gtins import GTIN_CLAIM

CLAIMS = (GTIN_CLAIM,)


def packs_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
