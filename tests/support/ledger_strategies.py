"""Facts for ledgers, at random, of few cells and numbers, so that things meet.

A place is garage, number of the part, condition and lot; whoever draws it makes it a cell.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

START = datetime(2026, 1, 1, tzinfo=UTC)

garages = st.sampled_from(("G1", "G1", "G1", "G1", "G2", "G3"))
conditions = st.sampled_from((*["NEW"] * 10, "USED", "DAMAGED"))
lots = st.sampled_from(("", "", "L1", "L1", "L2"))
parts = st.sampled_from((0, 0, 0, 1))
places = st.tuples(garages, parts, conditions, lots)
# What is asked for: seldom a lot by its number.
asked = st.tuples(garages, parts, conditions, st.sampled_from(("", "", "", "", "", "L1")))
# Few moments, so that some are the same.
moments = st.integers(0, 9).map(lambda number: START + timedelta(days=number))
units = st.one_of(st.integers(1, 6).map(Decimal), st.just(Decimal("0.5")))
# Mostly in, so that there is something to promise.
flows = st.tuples(places, units, st.sampled_from((True, True, True, False)), moments)
days = st.sampled_from((3, 12, 25, 60)).map(lambda number: (START + timedelta(days=number)).date())
wishes = st.fixed_dictionaries(
    {
        "priority": st.sampled_from((5, 5, 1, 9)),
        "need_by": st.none() | moments,
        "expires_at": st.sampled_from((None, None, None, START + timedelta(hours=120))),
        "allows_other_garages": st.sampled_from((False, False, True)),
        "minimum_remaining_days": st.sampled_from((0, 0, 0, 20)),
    }
)
said = st.tuples(
    st.integers(0, 5),
    st.integers(1, 6),
    st.sampled_from(
        ("REQUESTED", "RESERVED", "PARTIALLY_RESERVED", "BACKORDERED", "CONSUMED", "CONSUMED", "RELEASED", "EXPIRED",
         "CANCELLED")
    ),
    asked,
    units,
    moments,
    wishes,
)  # fmt: skip
held = st.tuples(
    st.integers(0, 3),
    st.integers(1, 6),
    st.sampled_from(("PLACED", "PLACED", "PLACED", "PARTIALLY_RELEASED", "RELEASED", "EXTENDED", "REWORKED")),
    places,
    units,
    moments,
)
