"""Reservations that files ask for and end: in any order, late, twice."""

from __future__ import annotations

import itertools

import pytest

from tests.support.ingest_files import ADJUSTMENT, COUNT, GARAGE, PART, RECEIPT, RESERVATION, lines

ASKED = {"event_type_code": "REQUESTED", "quantity": "4", "event_at": "2024-02-10T10:00:00Z"}


def ended(step: int, event: str, quantity: str) -> dict[str, str]:
    return {
        "event_type_code": event, "quantity": quantity, "sequence_number": str(step),
        "event_at": f"2024-02-1{step}T10:00:00Z",
    }  # fmt: skip


@pytest.fixture
def garages(ingest):
    ingest(lines(GARAGE, {}, {"garage_code": "G2", "garage_name": "South"}))
    ingest(lines(PART))
    return ingest


def state(ingest, number: str = "R1") -> tuple:
    return ingest.connection.execute(
        "select requested_quantity, consumed_quantity, ended_quantity, due_quantity, reserved_quantity,"
        " backordered_quantity from reservation.states where reservation_number = %s",
        (number,),
    ).fetchone()


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
def test_events_of_a_garage_come_to_the_same_in_any_order_and_twice(garages, order):
    files = [
        lines(COUNT),
        lines(RESERVATION, ASKED),
        lines(RESERVATION, ended(2, "CONSUMED", "1")),
        lines(RESERVATION, ended(3, "RELEASED", "2")),
    ]
    for place in order:
        garages(files[place])
    for place in reversed(order):
        garages(files[place], name=f"again_{place}.csv")
    assert state(garages) == (4, 1, 2, 1, 1, 0)
    cells = garages.connection.execute(
        "select on_hand_quantity, reserved_quantity from garage_inventory.cells"
    ).fetchall()
    assert cells == [(10, 1)]


@pytest.mark.parametrize("ends", ["CANCELLED", "EXPIRED"])
@pytest.mark.parametrize("is_late", [True, False])
def test_what_a_garage_ends_asks_for_nothing_any_more(garages, ends, is_late):
    garages(lines(COUNT))
    files = [lines(RESERVATION, ASKED), lines(RESERVATION, ended(2, ends, "4"))]
    for content in files if is_late else reversed(files):
        garages(content)
    assert state(garages)[3:] == (0, 0, 0)
    status = garages.connection.execute("select status_code from reservation.statuses").fetchone()[0]
    assert status == ends


def test_requests_of_a_file_are_served_by_need_date_and_not_by_line(garages):
    garages(lines(COUNT, {"counted_quantity": "3"}))
    days = {"R1": 3, "R2": 1, "R3": 2}
    asked = [
        {
            **ASKED, "reservation_number": number, "quantity": "2", "work_order_number": f"W{number}",
            "need_by_at": f"2024-03-0{day}T08:00:00Z",
        }
        for number, day in days.items()
    ]  # fmt: skip
    garages(lines(RESERVATION, *asked))
    assert [state(garages, number)[4:] for number in days] == [(0, 2), (2, 0), (1, 1)]


def test_a_file_may_ask_other_garages_as_well(garages):
    garages(lines(ADJUSTMENT, {"garage_code": "G2", "quantity": "4"}))
    garages(
        lines(
            RESERVATION,
            {**ASKED, "allows_other_garages": "no"},
            {**ASKED, "reservation_number": "R2", "work_order_number": "W3", "allows_other_garages": "yes"},
        )
    )
    assert (state(garages)[4:], state(garages, "R2")[4:]) == ((0, 4), (4, 0))
    transfers = garages.connection.execute(
        "select from_garage_code, to_garage_code, requested_quantity, reservation_number"
        " from garage_inventory.transfer_states"
    ).fetchall()
    assert transfers == [("G2", "G1", 4, "R2")]


def test_a_file_may_ask_for_another_condition(garages):
    garages(lines(ADJUSTMENT, {"quantity": "4"}))
    garages(lines(RESERVATION, {**ASKED, "condition_code": "USED"}))
    assert state(garages)[4:] == (0, 4)


@pytest.mark.parametrize(("days_of_part", "days_asked", "lots"), [("", "", "A"), ("60", "", "B"), ("60", "5", "A")])
def test_a_lot_keeps_as_many_days_as_the_request_or_else_the_part_asks_for(garages, days_of_part, days_asked, lots):
    changes = {"min_remaining_days": days_of_part} if days_of_part else {}
    garages(lines(PART, {"part_number": "008", **changes}))
    for lot, expires_on in (("A", "2024-04-01"), ("B", "2024-12-01")):
        receipt = {"delivery_number": f"D{lot}", "part_number": "008", "lot_number": lot, "expires_on": expires_on}
        garages(lines(RECEIPT, {**receipt, "quantity": "4"}))
    asked = {**ASKED, "part_number": "008", "need_by_at": "2024-03-01T08:00:00Z", "quantity": "3"}
    garages(lines(RESERVATION, {**asked, **({"minimum_remaining_days": days_asked} if days_asked else {})}))
    pegged = garages.connection.execute("select lot_number from reservation.pegs where quantity > 0").fetchall()
    assert "".join(lot for (lot,) in pegged) == lots
