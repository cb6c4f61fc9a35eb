"""What stock adjustments must say."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import NAMES_SOMEBODY, Claim, Subject, person_keys, suite


def _is_another(actor: pa.Array, approver: pa.Array) -> pa.Array:
    maker, approved = person_keys(actor), person_keys(approver)
    return pc.fill_null(pc.and_kleene(pc.not_equal(approved, maker), pc.not_equal(approved, "")), True)


CLAIMS = (
    NAMES_SOMEBODY,
    Claim(
        name="other_has_a_note",
        columns=("adjustment_reason_code", "reason_note"),
        holds=lambda reason, note: pc.or_(pc.fill_null(pc.not_equal(reason, "OTHER"), True), pc.is_valid(note)),
        reason="SCHEMA: adjustment_reason_code OTHER needs a reason_note",
    ),
    Claim(
        name="approver_is_another",
        columns=("actor", "approver"),
        holds=_is_another,
        reason="SCHEMA: approver {approver} made the adjustment and cannot approve it",
    ),
    Claim(
        name="changes_the_condition_of_what_goes_out",
        columns=("to_condition_code", "direction_code", "condition_code"),
        holds=lambda to, direction, condition: pc.fill_null(
            pc.and_(pc.equal(direction, "OUT"), pc.not_equal(to, condition)), True
        ),
        reason="SCHEMA: to_condition_code is {to_condition_code}, which is for units that go OUT of another condition",
    ),
    Claim(
        name="a_reversal_says_of_what",
        columns=("adjustment_reason_code", "reverses_number"),
        holds=lambda reason, number: pc.or_(pc.fill_null(pc.not_equal(reason, "REVERSAL"), True), pc.is_valid(number)),
        reason="SCHEMA: adjustment_reason_code REVERSAL without reverses_number",
        severity="warning",
    ),
)


def adjustment_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
