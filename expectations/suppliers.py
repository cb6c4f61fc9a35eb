"""What a file of suppliers must say."""

from __future__ import annotations

from typing import Any

from expectations.building import Claim, Subject, expect_in, suite
from ingest import vocabularies as words

CLAIMS: tuple[Claim, ...] = ()


def suppliers_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(
        subject,
        own=[
            expect_in(
                "currency_code",
                words.CURRENCIES,
                "SCHEMA: currency_code is '{currency_code}', not a currency of ISO 4217",
            )
        ],
        claims=CLAIMS,
    )
