"""What a file of parts must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, expect_in, suite
from expectations.gtins import GTIN_CLAIM
from ingest import vocabularies as words

CLAIMS = (
    Claim(
        name="cost_has_currency",
        columns=("unit_cost_amount", "currency_code"),
        holds=lambda cost, currency: pc.or_(pc.is_null(cost), pc.is_valid(currency)),
        reason="SCHEMA: unit_cost_amount is {unit_cost_amount} without a currency_code",
    ),
    Claim(
        name="deposit_has_currency",
        columns=("core_deposit_amount", "currency_code"),
        holds=lambda deposit, currency: pc.or_(pc.is_null(deposit), pc.is_valid(currency)),
        reason="SCHEMA: core_deposit_amount is {core_deposit_amount} without a currency_code",
    ),
    Claim(
        name="hazmat_has_un_number",
        columns=("is_hazmat", "un_number"),
        holds=lambda hazmat, number: pc.or_(pc.invert(pc.fill_null(hazmat, False)), pc.is_valid(number)),
        reason="SCHEMA: is_hazmat is true without a un_number",
        severity="warning",
    ),
    GTIN_CLAIM,
)


def parts_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, own=_currency(subject), claims=CLAIMS)


def _currency(subject: Subject) -> list[Any]:
    if not subject.has("currency_code"):
        return []
    reason = "SCHEMA: currency_code is '{currency_code}', not a currency of ISO 4217"
    return [expect_in("currency_code", words.CURRENCIES, reason)]
