"""What a stock count must say."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import NAMES_SOMEBODY, Claim, Subject, suite
from ingest.vocabularies import COUNTED_STATUSES

CLAIMS = (
    NAMES_SOMEBODY,
    # What is still to be counted has no quantity yet, and would empty the cell.
    Claim(
        name="was_counted",
        columns=("count_status_code",),
        holds=lambda status: pc.or_(pc.is_null(status), pc.is_in(status, pa.array(COUNTED_STATUSES))),
        reason="SCHEMA: count_status_code is {count_status_code}; only what was counted is a count",
    ),
    Claim(
        name="has_a_round",
        columns=("count_round",),
        holds=lambda count_round: pc.fill_null(pc.less_equal(count_round, 3), True),
        reason="RANGE: count_round is {count_round}, must be 1 to 3",
    ),
)


def stock_count_suite(subject: Subject) -> Any:
    """Critical expectations send a row to quarantine; warnings let it pass, marked."""
    return suite(subject, claims=CLAIMS)
