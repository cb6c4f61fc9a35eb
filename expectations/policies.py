"""What a file of stocking rules must say."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite
from ingest import vocabularies as words
from ingest.contracts import Type

_SELECTORS = ("garage_code", "brand_code", "part_number", "category_code", "criticality_code", "stocking_class_code")
_VALUES = (
    "policy_code", "service_level_pct", "minimum_quantity", "maximum_quantity", "cover_days", "maximum_cover_days",
    "review_days", "max_rule_code", "is_do_not_stock",
)  # fmt: skip
_LEVELS = pa.array([Decimal(level) for level in words.SERVICE_LEVELS], Type.DAYS.value)


def _any_is_there(*columns: pa.Array) -> pa.Array:
    return reduce(pc.or_, map(pc.is_valid, columns))


CLAIMS = (
    Claim(
        name="selects_something",
        columns=_SELECTORS,
        holds=_any_is_there,
        reason="SCHEMA: the rule selects nothing; name a garage, a part, a category, a brand, a criticality or a class",
    ),
    Claim(
        name="sets_something",
        columns=_VALUES,
        holds=_any_is_there,
        reason="SCHEMA: the rule sets nothing; give at least one value",
    ),
    Claim(
        name="part_has_its_brand",
        columns=("part_number", "brand_code"),
        holds=lambda part, brand: pc.or_(pc.is_null(part), pc.is_valid(brand)),
        reason="SCHEMA: part_number is {part_number} without a brand_code",
    ),
    Claim(
        name="has_a_known_service_level",
        columns=("service_level_pct",),
        holds=lambda level: pc.or_(pc.is_null(level), pc.is_in(level, _LEVELS)),
        reason=f"RANGE: service_level_pct is {{service_level_pct}}, must be one of {', '.join(words.SERVICE_LEVELS)}",
    ),
    Claim(
        name="maximum_is_not_below_minimum",
        columns=("minimum_quantity", "maximum_quantity"),
        holds=lambda least, most: pc.fill_null(pc.less_equal(least, most), True),
        reason="RANGE: maximum_quantity is {maximum_quantity}, below minimum_quantity {minimum_quantity}",
    ),
)


def policies_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
