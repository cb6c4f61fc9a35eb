"""What a price feed of a supplier must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, expect_in, suite
from ingest import vocabularies as words

CLAIMS = (
    Claim(
        name="ends_after_it_starts",
        columns=("effective_from_on", "effective_to_on"),
        holds=lambda start, end: pc.fill_null(pc.less_equal(start, end), True),
        reason="DATE: effective_to_on is {effective_to_on}, before effective_from_on {effective_from_on}",
    ),
    # A supplier that prices a part at nothing has sent a placeholder.
    Claim(
        name="has_a_price",
        columns=("unit_price_amount",),
        holds=lambda price: pc.fill_null(pc.greater(price, 0), True),
        reason="RANGE: unit_price_amount is {unit_price_amount}, a placeholder",
        severity="warning",
    ),
)


def supplier_price_suite(subject: Subject) -> Any:
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
