"""What a file of suppliers' terms must say."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import Claim, Subject, expect_in, suite
from ingest import vocabularies as words


def _matches(pattern: str):
    return lambda text: pc.fill_null(pc.match_substring_regex(text, pattern), True)


def _is_a_share(share: pa.Array) -> pa.Array:
    return pc.fill_null(pc.less_equal(share, 100), True)


CLAIMS = (
    Claim(
        name="names_days_of_the_week",
        columns=("order_weekdays",),
        holds=_matches("^[1-7]( [1-7])*$"),
        reason="SCHEMA: order_weekdays is '{order_weekdays}', must be days from 1 to 7 with a space between: 1 3 5",
    ),
    Claim(
        name="names_a_time_of_day",
        columns=("cut_off_at",),
        holds=_matches("^([01][0-9]|2[0-3]):[0-5][0-9]$"),
        reason="SCHEMA: cut_off_at is '{cut_off_at}', must be a time of day as 16:00",
    ),
    Claim(
        name="discount_is_a_share",
        columns=("discount_pct",),
        holds=_is_a_share,
        reason="RANGE: discount_pct is {discount_pct}, must be at most 100",
    ),
    Claim(
        name="core_return_is_a_share",
        columns=("core_return_pct",),
        holds=_is_a_share,
        reason="RANGE: core_return_pct is {core_return_pct}, must be at most 100",
    ),
)


def supplier_terms_suite(subject: Subject) -> Any:
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
