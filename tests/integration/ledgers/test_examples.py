"""The figures of F1, F3 and F4, by hand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from tests.support.ledger_facts import Cell, Count, HoldEvent, Lot, Movement, Statement
from tests.support.ledger_store import LedgerStore
from tests.support.network import insert

START = datetime(2026, 1, 1, tzinfo=UTC)
PART = str(uuid.UUID(int=7))
HERE = Cell("G1", PART)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


@pytest.fixture
def store(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield LedgerStore(connection)


def reserve(store: LedgerStore, number: str, quantity: int, **changes) -> Decimal:
    wish = Statement(number, number, 1, "REQUESTED", HERE, Decimal(quantity), hour(1), is_of_garage=False)
    return store.reserve(wish._replace(**changes))[2]


def available(store: LedgerStore) -> tuple:
    return store.connection.execute(
        "select available_raw_quantity, available_quantity from garage_inventory.availability where part_id = %s",
        [PART],
    ).fetchone()


def place(store: LedgerStore, number: str, quantity: int) -> None:
    store.hold(HoldEvent(number, number, 1, "PLACED", HERE, Decimal(quantity), hour(2)))


def test_ten_on_hand_three_reserved_and_four_held_leave_three(store):
    store.move(Movement("m", HERE, Decimal(10), hour(0)))
    assert reserve(store, "R1", 2) + reserve(store, "R2", 1) == 3
    place(store, "H1", 4)
    assert available(store) == (3, 3)


def test_of_ten_with_eight_held_two_stay_reserved_and_one_is_backordered(store):
    store.move(Movement("m", HERE, Decimal(10), hour(0)))
    reserve(store, "R1", 2)
    reserve(store, "R2", 1)
    place(store, "H1", 8)
    assert store.pegs([PART]) == {("R1", HERE): 2}
    assert store.requests(["R2"])["R2"][8] == 1
    assert available(store) == (0, 0)
    assert store.connection.execute(
        "select shortage_reason_code, obstacles -> 0 ->> 'hold_number' from reservation.events"
        " where reservation_number = 'R2' and event_type_code = 'BACKORDERED'"
    ).fetchall() == [("ON_HOLD", "H1")]


def test_what_came_after_a_count_counts_and_what_came_before_it_does_not(store):
    store.count(Count("c", "C1", HERE, Decimal(5), hour(10)))
    store.move(Movement("before", HERE, Decimal(-3), hour(9)), Movement("at", HERE, Decimal(-1), hour(10)))
    store.move(Movement("after", HERE, Decimal(-2), hour(11)))
    assert store.cells([PART])[HERE][0] == 3
    store.count(Count("older", "C0", HERE, Decimal(50), hour(8)))
    assert store.cells([PART])[HERE][0] == 3


def test_stock_below_nothing_is_a_fact_and_promises_nothing(store):
    store.move(Movement("m", HERE, Decimal(-4), hour(0)))
    assert reserve(store, "R1", 1) == 0
    assert available(store) == (-4, 0)


def test_a_lot_below_nothing_takes_from_its_neighbours(store):
    store.move(Movement("m", HERE._replace(lot="L1"), Decimal(5), hour(0)))
    assert reserve(store, "R1", 5) == 5
    store.move(Movement("n", HERE._replace(lot="L2"), Decimal(-2), hour(1)))
    assert store.pegs([PART]) == {("R1", HERE._replace(lot="L1")): 3}


def test_lots_are_picked_by_expiry_and_too_old_ones_not_at_all(store):
    store.state_lots(
        Lot(PART, "OLD", START, hour(24).date(), START),
        Lot(PART, "SOON", START, hour(24 * 9).date(), START),
        Lot(PART, "LATE", START, hour(24 * 90).date(), START),
    )
    store.move(*(Movement(lot, HERE._replace(lot=lot), Decimal(2), hour(0)) for lot in ("LATE", "OLD", "SOON")))
    assert reserve(store, "R1", 3, need_by=hour(48)) == 3
    assert store.pegs([PART]) == {("R1", HERE._replace(lot="SOON")): 2, ("R1", HERE._replace(lot="LATE")): 1}


def test_a_lot_is_too_old_by_the_clock_of_its_garage(store):
    """Auckland is twelve hours ahead: at 20:00 UTC the last day of the lot has begun there."""
    insert(
        store.connection, "catalogue.garages", garage_code=HERE.garage, valid_from_at=START, garage_name="Auckland",
        country_code="NZ", time_zone="Pacific/Auckland", currency_code="NZD",
    )  # fmt: skip
    store.state_lots(Lot(PART, "LAST", START, hour(24 * 9).date(), START))
    store.move(Movement("M1", HERE._replace(lot="LAST"), Decimal(2), hour(0)))
    midnight = hour(24 * 9).replace(hour=0)
    assert reserve(store, "R1", 1, need_by=midnight - timedelta(hours=4)) == 0
    assert reserve(store, "R2", 1, need_by=midnight - timedelta(hours=20)) == 1


def test_a_lot_that_turns_out_to_be_too_old_is_given_up(store):
    store.move(*(Movement(lot, HERE._replace(lot=lot), Decimal(2), hour(0)) for lot in ("L1", "L2")))
    assert reserve(store, "R1", 3, need_by=hour(48)) == 3
    store.state_lots(Lot(PART, "L1", hour(3), hour(24).date(), START))
    assert store.pegs([PART]) == {("R1", HERE._replace(lot="L2")): 2}


def test_who_wants_younger_stock_does_not_keep_others_from_the_older(store):
    store.state_lots(
        Lot(PART, "OLD", START, hour(24 * 10).date(), START), Lot(PART, "NEW", START, hour(24 * 90).date(), START)
    )
    reserve(store, "R1", 1, minimum_remaining_days=30)
    reserve(store, "R2", 1)
    store.move(*(Movement(lot, HERE._replace(lot=lot), Decimal(1), hour(0)) for lot in ("OLD", "NEW")))
    assert store.pegs([PART]) == {("R1", HERE._replace(lot="NEW")): 1, ("R2", HERE._replace(lot="OLD")): 1}


def test_units_of_another_garage_that_go_are_sought_elsewhere(store):
    there, elsewhere = HERE._replace(garage="G2"), HERE._replace(garage="G3")
    store.move(Movement("a", there, Decimal(2), hour(0)))
    assert reserve(store, "R1", 2, allows_other_garages=True) == 2
    store.move(Movement("b", elsewhere, Decimal(2), hour(0)))
    place_there = HoldEvent("H", "H", 1, "PLACED", there, Decimal(2), hour(2))
    store.hold(place_there)
    assert store.pegs([PART]) == {("R1", elsewhere): 2}


def test_what_a_reservation_gives_back_to_another_garage_goes_to_who_waits_there(store):
    there = HERE._replace(garage="G2")
    store.move(Movement("a", there, Decimal(2), hour(0)))
    assert reserve(store, "R1", 2, allows_other_garages=True) == 2
    assert reserve(store, "R2", 1, cell=there) == 0
    store.state(Statement("used", "R1", 2, "CANCELLED", HERE, Decimal(2), hour(3)))
    assert store.pegs([PART]) == {("R2", there): 1}


def test_a_later_word_on_a_request_counts_although_allocation_spoke_in_between(store):
    """The garage numbers its own events; those of allocation stand between them."""
    store.move(Movement("a", HERE, Decimal(1), hour(0)))
    first = Statement("1", "R1", 1, "REQUESTED", HERE, Decimal(1), hour(1), need_by=hour(50))
    store.state(first)
    reserve(store, "R2", 1, need_by=hour(20))
    store.state(first._replace(key="2", sequence=2, quantity=Decimal(0), at=hour(2), need_by=hour(10), priority=1))
    assert store.requests(["R1"])["R1"][9:11] == (1, hour(10))


def test_a_request_that_moves_to_another_garage_leaves_its_units_behind(store):
    there = HERE._replace(garage="G2")
    store.move(Movement("a", HERE, Decimal(1), hour(0)), Movement("b", there, Decimal(1), hour(0)))
    first = Statement("1", "R1", 1, "REQUESTED", HERE, Decimal(1), hour(1))
    store.state(first)
    assert reserve(store, "R2", 1) == 0
    store.state(first._replace(key="2", sequence=2, quantity=Decimal(0), cell=there, at=hour(2)))
    assert store.pegs([PART]) == {("R1", there): 1, ("R2", HERE): 1}


def test_of_two_who_need_it_on_the_same_day_the_more_urgent_is_served_first(store):
    reserve(store, "R1", 1, need_by=hour(48), priority=5, at=hour(1))
    reserve(store, "R2", 1, need_by=hour(48), priority=1, at=hour(2))
    store.move(Movement("m", HERE, Decimal(1), hour(3)))
    assert store.pegs([PART]) == {("R2", HERE): 1}


def test_a_request_that_turns_out_to_name_a_lot_gives_up_other_units(store):
    store.move(Movement("a", HERE, Decimal(1), hour(0)), Movement("b", HERE._replace(lot="L1"), Decimal(1), hour(0)))
    later = Statement("2", "R1", 2, "RESERVED", HERE, Decimal(1), hour(2))
    store.state(later)
    assert store.pegs([PART]) == {("R1", HERE): 1}
    named = HERE._replace(lot="L1")
    store.state(later._replace(key="1", sequence=1, event_type="REQUESTED", cell=named, at=hour(1)))
    assert store.pegs([PART]) == {("R1", named): 1}
