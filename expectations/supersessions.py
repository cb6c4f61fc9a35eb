"""What a file of supersessions must say."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from expectations.building import Claim, Subject, suite

CLAIMS = (
    Claim(
        name="kit_is_one_way",
        columns=("kit_group_code", "direction_code"),
        holds=lambda kit, direction: pc.fill_null(pc.or_(pc.is_null(kit), pc.equal(direction, "ONE_WAY")), True),
        reason="SCHEMA: kit {kit_group_code} replaces the part, so no part of it can stand for it: ONE_WAY",
    ),
)


def supersessions_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
