"""What receipts must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    Claim(
        name="made_before_it_expires",
        columns=("manufactured_on", "expires_on"),
        holds=lambda made, expires: pc.fill_null(pc.less_equal(made, expires), True),
        reason="DATE: the lot expires on {expires_on}, before it was made on {manufactured_on}",
    ),
    Claim(
        name="dates_are_of_a_lot",
        columns=("lot_number", "expires_on", "manufactured_on"),
        holds=lambda lot, expires, made: pc.or_(pc.is_valid(lot), pc.and_(pc.is_null(expires), pc.is_null(made))),
        reason="MISSING_KEY: lot_number is missing, so nothing keeps the date",
    ),
)


def receipt_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
