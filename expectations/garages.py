"""What a file of garages must say."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

import pyarrow.compute as pc

from expectations.building import Claim, Subject, expect_in, suite
from ingest import vocabularies as words

CLAIMS = (
    Claim(
        name="has_country_code",
        columns=("country_code",),
        holds=lambda code: pc.match_substring_regex(code, "^[A-Z]{2}$"),
        reason="SCHEMA: country_code is '{country_code}', must be two capital letters",
    ),
)


def garages_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(
        subject,
        own=[
            expect_in(
                "currency_code",
                words.CURRENCIES,
                "SCHEMA: currency_code is '{currency_code}', not a currency of ISO 4217",
            ),
            expect_in(
                "time_zone", sorted(available_timezones()), "SCHEMA: time_zone is '{time_zone}', not an IANA time zone"
            ),
        ],
        claims=CLAIMS,
    )
