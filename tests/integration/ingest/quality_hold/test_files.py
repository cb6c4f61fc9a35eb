"""Holds that garages send in files: with or without a lot, in any order, again."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.support.ingest_files import COUNT, HOLD, RESERVATION, lines


@pytest.fixture
def stocked(ingest):
    """Three without a lot, four of A, which expires first, and five of B."""
    ingest.catalogue()
    ingest.connection.execute(
        "insert into garage_inventory.lots (part_id, lot_number, stated_at, expires_on, source_code, actor)"
        " select part_id, lot, '2024-01-01', expires_on, 'test', 'test' from catalogue.parts,"
        " (values ('B', date '2031-01-01'), ('A', date '2030-01-01')) as lots (lot, expires_on)"
        " where part_number = '007'"
    )
    counted = ({"counted_quantity": "3"}, {"lot_number": "A", "counted_quantity": "4"},
               {"lot_number": "B", "counted_quantity": "5"})  # fmt: skip
    ingest(lines(COUNT, *counted))
    return ingest


def held(ingest) -> dict[str, int]:
    found = ingest.rows("select lot_number, held_quantity from garage_inventory.cells order by 1")
    return {lot: int(quantity) for lot, quantity in found}


def later(number: int, event: str, quantity: str, hold: str = "H1") -> dict[str, str]:
    return {"hold_number": hold, "sequence_number": str(number), "event_type_code": event, "quantity": quantity}


def test_a_hold_without_a_lot_covers_lots_in_their_order_where_the_stock_is_in_lots(stocked):
    stocked(lines(HOLD, {"quantity": "5"}, {"hold_number": "H2", "quantity": "4"}))
    assert held(stocked) == {"": 3, "A": 4, "B": 2}
    by_hold = "select hold_number, coalesce(lot_number, ''), quantity from quality_hold.events order by 1, 2"
    assert stocked.rows(by_hold) == [("H1", "", 3), ("H1", "A", 2), ("H2", "A", 2), ("H2", "B", 2)]


def test_what_the_file_said_can_be_read_again(stocked):
    batch = stocked(lines(HOLD, {"quantity": "5"}))
    said = "select distinct line_number, stated_quantity from quality_hold.events where batch_id = %s"
    assert stocked.connection.execute(said, (batch.batch_id,)).fetchall() == [(2, 5)]
    assert (batch.rows_accepted, batch.rows_duplicate) == (1, 0)


def test_what_a_file_says_later_of_such_a_hold_follows_in_the_same_order(stocked):
    stocked(lines(HOLD, {"quantity": "9"}))
    stocked(lines(HOLD, later(2, "PARTIALLY_RELEASED", "4"), later(3, "SCRAPPED", "2")))
    assert held(stocked) == {"": 0, "A": 1, "B": 2}
    stocked(lines(HOLD, later(4, "RELEASED", "3")))
    assert held(stocked) == {"": 0, "A": 0, "B": 0}


def test_more_than_is_there_stays_where_the_file_put_it(stocked):
    stocked(lines(HOLD, {"quantity": "20"}))
    assert held(stocked) == {"": 3, "A": 4, "B": 5}
    assert stocked.value("select sum(quantity) from quality_hold.events") == 20


def test_a_hold_that_names_its_lot_or_stock_without_lots_is_stored_as_it_was_said(stocked):
    stocked(lines(HOLD, {"lot_number": "B", "quantity": "2"}, {"hold_number": "H2", "part_number": "0 986-AB"}))
    stored = stocked.rows("select lot_number, quantity, stated_quantity from quality_hold.events order by hold_number")
    assert stored == [("B", 2, None), (None, 1, None)]


def test_the_same_lines_again_are_duplicates_and_other_content_a_conflict(stocked):
    stocked(lines(HOLD, {"quantity": "9"}))
    again = stocked(lines(HOLD, {"quantity": "9"}, {"hold_number": "H2"}))
    assert (again.rows_duplicate, again.rows_accepted) == (1, 1)
    other = stocked(lines(HOLD, {"quantity": "8"}, *({"hold_number": f"X{n}"} for n in range(9))))
    assert (other.rows_quarantined, other.rows_accepted) == (1, 9)


EVENTS = ({"quantity": "9"}, later(2, "PARTIALLY_RELEASED", "4"), later(3, "RELEASED", "5"))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_released_hold_holds_nothing_in_whatever_order_its_files_come(stocked, order):
    for place in order:
        stocked(lines(HOLD, EVENTS[place]))
    assert held(stocked) == {"": 0, "A": 0, "B": 0}


def test_condition_campaign_and_verdict_are_optional_columns(stocked):
    row = {"campaign_number": "RC-1", "condition_code": "USED", "supplier_claim_number": "RMA-1", "reason": "cracked"}
    stocked(lines(HOLD, row, {**row, **later(2, "INSPECTED", "1"), "verdict_code": "REJECT", "inspector": "ivy"}))
    told = "select campaign_number, condition_code, supplier_claim_number, verdict_code, edifact_6063_code"
    assert stocked.rows(f"{told} from quality_hold.hold_states") == [("RC-1", "USED", "RMA-1", "REJECT", "96")]


def test_an_inspection_without_a_verdict_is_quarantined(strict_ingest):
    strict_ingest.catalogue()
    rows = [{"hold_number": f"H{n}"} for n in range(9)]
    batch = strict_ingest(lines(HOLD, *rows, later(2, "INSPECTED", "1")))
    assert (batch.rows_accepted, batch.rows_quarantined) == (9, 1)
    reasons = strict_ingest.value("select reasons from ingest.quarantined_rows")
    assert reasons == ["SCHEMA: event_type_code is INSPECTED without a verdict_code"]


def test_a_hold_of_a_file_moves_the_reservations_of_its_lots(stocked):
    stocked(lines(RESERVATION, {"event_type_code": "REQUESTED", "quantity": "9"}))
    stocked(lines(HOLD, {"quantity": "6"}))
    assert stocked.rows("select reserved_quantity, backordered_quantity from reservation.states") == [(6, 3)]
    assert stocked.value("select count(*) from garage_inventory.cells where reserved_quantity > sellable_quantity") == 0
