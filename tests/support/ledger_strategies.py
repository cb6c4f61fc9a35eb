"""Facts for ledgers, at random, of few cells and numbers, so that things meet.

A place is garage, number of the part, condition and lot; whoever draws it makes it a cell.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

START = datetime(2026, 1, 1, tzinfo=UTC)

garages = st.sampled_from(("G1", "G1", "G1", "G2", "G3"))
conditions = st.sampled_from(("NEW", "NEW", "NEW", "NEW", "USED", "DAMAGED"))
lots = st.sampled_from(("", "", "", "L1", "L2", "L3"))
places = st.tuples(garages, st.sampled_from((0, 0, 1)), conditions, lots)
moments = st.integers(0, 240).map(lambda hours: START + timedelta(hours=hours))
units = st.one_of(st.integers(1, 6).map(Decimal), st.just(Decimal("0.5")))
days = st.integers(-5, 60).map(lambda number: (START + timedelta(days=number)).date())
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
    places,
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
