"""What is used of a reservation leaves it, in the transaction of the movement and in any order of arrival."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from ingest.garage_inventory.acts import reverse
from ingest.reservation.acts import cancel, consume
from tests.support.ingest_files import COUNT, GARAGE, PART, RESERVATION, USAGE, lines
from tests.support.reservations import HOUR, NOW


def test_usage_of_the_line_consumes_before_its_movement_takes_from_others(stock):
    stock.receive(2)
    stock.reserve("R1")
    stock.reserve("R2")
    stock.use("WR1", 1)
    assert stock.events("R1")[-1] == ("CONSUMED", 1, -1)
    # Had the movement come first, the last in the queue would have lost its unit.
    assert [event[0] for event in stock.events("R2")] == ["REQUESTED", "RESERVED"]
    assert stock.cells() == {("G1", ""): (1, 1)}


def test_usage_of_the_lot_named_takes_that_lot_and_without_one_as_lots_are_picked(stock):
    stock.lot("A", "2029-01-01")
    stock.lot("B", "2030-01-01")
    stock.receive(1, lot="A")
    stock.receive(2, lot="B")
    stock.reserve("R1", 3)
    stock.use("WR1", 1, lot="B")
    assert stock.cells() == {("G1", "A"): (1, 1), ("G1", "B"): (1, 1)}
    stock.use("WR1", 1, lot="A", key=b"another line")
    assert stock.cells() == {("G1", "B"): (1, 1)}


def test_usage_beyond_what_was_asked_for_consumes_what_was_asked_for(stock):
    stock.receive(5)
    stock.reserve("R1", 2)
    stock.reserve("R2", 3)
    stock.use("WR1", 4)
    assert stock.events("R1")[-1] == ("CONSUMED", 2, -2)
    assert stock.reserved() == {"R2": 1}


def test_usage_of_a_reservation_that_waits_consumes_what_it_waits_for(stock):
    stock.receive(1)
    stock.reserve("R1", 3)
    stock.use("WR1", 2)
    consumed = [event[1:] for event in stock.events("R1") if event[0] == "CONSUMED"]
    assert consumed == [(1, -1), (1, 0)]
    due = stock.connection.execute("select due_quantity, backordered_quantity from reservation.states").fetchone()
    assert due == (1, 1)


@pytest.mark.parametrize("changes", [{"garage": "G2"}, {"usage_type": "RETURN_UNUSED"}, {"work_order": "W9"}])
def test_what_is_no_use_of_the_line_consumes_nothing(stock, changes):
    stock.receive(5)
    stock.receive(5, garage="G2")
    stock.reserve("R1", 2)
    stock.use(changes.pop("work_order", "WR1"), 1, **changes)
    assert stock.reserved() == {"R1": 2}


def test_a_line_that_names_its_reservation_consumes_that_one(stock):
    stock.receive(5)
    stock.reserve("R1", 2)
    stock.reserve("R2", 2)
    stock.use("WR1", 1, reservation="R2")
    assert stock.reserved() == {"R1": 2, "R2": 1}


def test_usage_after_the_reservation_lapsed_is_not_of_it(stock):
    stock.receive(2)
    stock.reserve("R1", expires_at=NOW + HOUR)
    stock.use("WR1", 1, at=NOW + 2 * HOUR)
    assert "CONSUMED" not in [event[0] for event in stock.events("R1")]


def test_what_was_fitted_here_and_told_by_the_garage_as_well_is_one_use(stock):
    stock.receive(5)
    stock.reserve("R1", 3)
    consume(stock.connection, "R1", Decimal(2), "ann")
    stock.use("WR1", 3)
    assert stock.cells() == {("G1", ""): (2, 0)}
    assert stock.events("R1")[-1] == ("CONSUMED", 1, -1)
    net = stock.connection.execute(
        "select sum(case usage_type_code when 'RETURN_UNUSED' then -quantity else quantity end)"
        " from garage_inventory.usage_lines"
    ).fetchone()[0]
    assert net == 3


def _files() -> list[str]:
    asked = {"event_type_code": "REQUESTED", "quantity": "2", "event_at": "2024-02-10T10:00:00Z"}
    return [
        lines(COUNT),
        lines(RESERVATION, asked),
        lines(USAGE, {"work_order_number": "W2", "quantity": "1", "consumed_at": "2024-02-11T10:00:00Z"}),
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1), (1, 0, 2)])
def test_usage_and_request_meet_in_any_order_of_their_files(ingest, order):
    ingest(lines(GARAGE))
    ingest(lines(PART))
    files = _files()
    for place in order:
        ingest(files[place])
    state = ingest.connection.execute(
        "select requested_quantity, consumed_quantity, reserved_quantity, backordered_quantity from reservation.states"
    ).fetchone()
    assert state == (2, 1, 1, 0)
    cell = ingest.connection.execute(
        "select on_hand_quantity, reserved_quantity from garage_inventory.cells"
    ).fetchone()
    assert cell == (9, 1)


def test_what_a_garage_states_as_consumed_and_its_usage_say_the_same(ingest):
    ingest(lines(GARAGE))
    ingest(lines(PART))
    count, _, used = _files()
    ingest(count)
    asked = {"event_type_code": "REQUESTED", "quantity": "2", "event_at": "2024-02-10T10:00:00Z"}
    stated = {"event_type_code": "CONSUMED", "sequence_number": "2", "event_at": "2024-02-11T10:00:00Z"}
    for content in (lines(RESERVATION, asked), used, lines(RESERVATION, stated)):
        ingest(content)
    state = ingest.connection.execute("select consumed_quantity, reserved_quantity from reservation.states").fetchone()
    assert state == (1, 1)


def reverse_last_line(stock) -> None:
    """As if the newest line of usage had never been."""
    (line,) = stock.connection.execute(
        "select usage_line_id from garage_inventory.usage_lines where part_id = %s order by recorded_at desc limit 1",
        (stock.part_id,),
    ).fetchone()
    reverse(stock.connection, "USAGE", line, "wrong job", "bob")


def due(stock, number: str) -> tuple:
    """Due, reserved and net of what was asked for again: consumed."""
    return stock.connection.execute(
        "select due_quantity, reserved_quantity, consumed_quantity - coalesce((select sum(quantity)"
        " from reservation.events where reservation_number = states.reservation_number"
        " and event_type_code = 'REQUESTED' and caused_by_code = 'REVERSAL'), 0)"
        " from reservation.states where reservation_number = %s",
        (number,),
    ).fetchone()


def test_a_reversed_line_gives_its_units_back_to_the_reservation_before_who_comes_after_it(stock):
    stock.receive(2)
    stock.reserve("R1", 2)
    stock.reserve("R2", 1)
    stock.use("WR1", 1)
    assert due(stock, "R1") == (1, 1, 1)
    reverse_last_line(stock)
    assert due(stock, "R1") == (2, 2, 0)
    assert stock.events("R1")[-2:] == [("REQUESTED", 1, 0), ("RESERVED", 1, 1)]
    assert stock.reserved() == {"R1": 2, "R2": 0}
    assert stock.cells() == {("G1", ""): (2, 2)}


def test_a_reservation_that_was_delivered_is_open_again_and_the_right_line_consumes_it_anew(stock):
    stock.receive(3)
    stock.reserve("R1", 2)
    stock.use("WR1", 2)
    reverse_last_line(stock)
    assert due(stock, "R1") == (2, 2, 0)
    stock.use("WR1", 2, at=NOW + HOUR)
    assert due(stock, "R1") == (0, 0, 2)
    assert stock.cells() == {("G1", ""): (1, 0)}


def test_a_line_that_was_fitted_here_is_undone_like_that_of_a_garage(stock):
    stock.receive(3)
    stock.reserve("R1", 3)
    consume(stock.connection, "R1", Decimal(2), "ann")
    reverse_last_line(stock)
    assert due(stock, "R1") == (3, 3, 0)
    consume(stock.connection, "R1", Decimal(3), "ann")
    assert due(stock, "R1") == (0, 0, 3)


def test_a_reversal_of_more_than_was_asked_for_asks_again_for_what_was_consumed(stock):
    stock.receive(5)
    stock.reserve("R1", 1)
    stock.use("WR1", 4)
    reverse_last_line(stock)
    assert due(stock, "R1") == (1, 1, 0)
    assert stock.cells() == {("G1", ""): (5, 1)}


def test_one_of_two_lines_that_is_reversed_leaves_the_other_consumed(stock):
    stock.receive(5)
    stock.reserve("R1", 3)
    stock.use("WR1", 1)
    stock.use("WR1", 2, at=NOW + HOUR)
    assert due(stock, "R1") == (0, 0, 3)
    reverse_last_line(stock)
    assert due(stock, "R1") == (2, 2, 1)


def test_a_line_that_was_reversed_before_anybody_asked_consumes_nothing(stock):
    stock.receive(5)
    stock.use("WR1", 2, at=NOW - HOUR)
    reverse_last_line(stock)
    stock.reserve("R1", 2)
    assert due(stock, "R1") == (2, 2, 0)


def test_a_reversal_after_the_reservation_was_given_up_leaves_the_units_to_others(stock):
    stock.receive(2)
    stock.reserve("R1", 2)
    stock.reserve("R2", 2)
    stock.use("WR1", 1)
    cancel(stock.connection, "R1", "ann", "customer left")
    reverse_last_line(stock)
    assert due(stock, "R1") == (0, 0, 0)
    assert stock.reserved() == {"R2": 2}


@pytest.mark.parametrize("act", ["settle", "follow"])
def test_nobody_but_the_ledgers_says_when_something_became_free(stock, act):
    arguments = ", null, null" if act == "follow" else ""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stock.connection.execute(
            f"select reservation.{act}(array['G1'], array[%s], %s, now(){arguments})", (stock.part_id, NOW - HOUR)
        )
