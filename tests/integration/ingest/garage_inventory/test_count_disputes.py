"""Which counts are in dispute: of the newest of each cell alone, the same come out as of all that was ever counted."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.stock import Stock, ago

CELLS = (("G1", "NEW", None), ("G1", "NEW", "L"), ("G1", "USED", None), ("G2", "NEW", None))
cells, days = st.sampled_from(CELLS), st.integers(1, 6)
# About the tolerance of one unit and 5 %, and about the limit of 1000 at a price of 10.
quantities = st.sampled_from([0, 1, 2, 10, 12, 2000, 2001, 2100, 2101])
histories = st.tuples(
    st.lists(st.tuples(cells, days, st.sampled_from("ABC"), quantities), max_size=8),
    st.lists(st.tuples(cells, days, st.sampled_from([-100, -1, 1, 10, 2000])), max_size=6),
    st.lists(st.tuples(st.sampled_from(["G1", "G2"]), days), max_size=2),
)


def disputed(counted, moved, reviewed) -> set[tuple]:
    """What DOMAIN F1 and the default rule make of a history: cell, number and variance of the newest count."""
    found = set()
    for cell in CELLS:
        counts: dict[str, list[tuple[int, int]]] = {}
        for of, day, number, quantity in counted:
            if of == cell:
                counts.setdefault(number, []).append((day, quantity))
        # What was counted in several bins is one count, of its last moment.
        whole = sorted(
            (max(day for day, _ in bins), number, sum(q for _, q in bins)) for number, bins in counts.items()
        )
        if not whole:
            continue
        at, number, quantity = whole[-1]
        before, there = (whole[-2][0], whole[-2][2]) if len(whole) > 1 else (0, 0)
        moves = [amount for of, day, amount in moved if of == cell and before < day <= at]
        expected = there + sum(moves)
        off = quantity - expected
        is_opening = len(whole) == 1 and not moves
        is_reviewed = any(garage == cell[0] and day >= at for garage, day in reviewed)
        if not is_opening and not is_reviewed and (abs(off) > max(1, 0.05 * abs(expected)) or abs(off) * 10 > 1000):
            found.add((*cell, number, Decimal(off)))
    return found


def enter(stock: Stock, counted, moved, reviewed) -> None:
    for (garage, condition, lot), day, number, quantity in counted:
        place = {"condition_code": condition, "lot_number": lot, "event_at": ago(days=10 - day)}
        stock.count(quantity, garage, count_number=number, **place)
    for (garage, condition, lot), day, quantity in moved:
        stock.move(quantity, garage, condition_code=condition, lot_number=lot, event_at=ago(days=10 - day))
    for garage in ("G1", "G2"):
        acts = [("REQUESTED", 0, "ann"), *(("REVIEWED", day, "bob") for of, day in sorted(reviewed) if of == garage)]
        for place, (act, day, actor) in enumerate(acts):
            stock.connection.execute(
                "insert into garage_inventory.count_events (count_number, garage_code, part_id, sequence_number,"
                " event_type_code, reason_code, reason, variance_quantity, event_at, actor)"
                " values ('N', %s, %s, %s, %s, %s, 'looked', %s, %s, %s)",
                (garage, stock.p1, place + 1, act, None if place else "BY_HAND", 0 if place else None,
                 ago(days=10 - day), actor),
            )  # fmt: skip


NAMED = "garage_code, condition_code, nullif(lot_number, ''), count_number, variance_quantity"
BY_ALL = f"""
select {NAMED} from garage_inventory.count_variances_at('infinity') as variances
where needs_recount and not exists (
    select from garage_inventory.count_events as reviews
    where reviews.event_type_code = 'REVIEWED' and reviews.event_at >= variances.counted_at
        and reviews.garage_code = variances.garage_code
)
"""


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=histories)
def test_the_newest_counts_alone_are_in_the_same_disputes_as_all_of_them(stock, history):
    counted, moved, reviewed = history
    # A garage where nobody counted has nothing to review.
    reviewed = [(garage, day) for garage, day in reviewed if any(cell[0] == garage for cell, *_ in counted)]
    with stock.connection.transaction(force_rollback=True):
        enter(stock, counted, moved, reviewed)
        found = [tuple(row.values()) for row in stock.rows(f"select {NAMED} from quality_hold.disputed_counts(null)")]
        by_all = [tuple(row.values()) for row in stock.rows(BY_ALL)]
        there = stock.rows(
            "select garage_code, condition_code, nullif(lot_number, '') from garage_inventory.cells"
            " where on_hand_quantity > 0"
        )
        held = stock.rows("select garage_code, condition_code, lot_number from quality_hold.sweep(%s)", ago(days=0))
    expected = disputed(counted, moved, reviewed)
    assert set(found) == set(by_all) == expected and len(found) == len(by_all) == len(expected)
    # Of what is too much, no more is held than is there.
    too_many = {cell[:3] for cell in expected if cell[4] > 0}
    assert {tuple(one.values()) for one in held} == too_many & {tuple(one.values()) for one in there}
