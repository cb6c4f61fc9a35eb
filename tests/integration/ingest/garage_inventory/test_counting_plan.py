"""What is to be counted next: by class, what was far off first, and blind."""

from __future__ import annotations

import csv
import io

import pytest

from ingest.garage_inventory.count_work import request
from ingest.garage_inventory.counting import sheet, to_count
from tests.support.stock import NOW, Stock, ago


def planned(stock: Stock, garage: str | None = "G1", limit: int = 50) -> list[tuple]:
    return [(one["part_number"], one["reason_code"]) for one in to_count(stock.connection, garage, limit)]


def lines(stock: Stock, garage: str = "G1") -> list[dict[str, str]]:
    """The sheet of what the plan has a garage count."""
    request(stock.connection, garage, "ann", at=NOW)
    return list(csv.DictReader(io.StringIO(sheet(stock.connection, garage).decode())))


@pytest.mark.parametrize(("stocking_class", "days"), [("A", 30), ("B", 90), ("C", 180), ("D", 365)])
def test_a_part_is_counted_again_as_often_as_its_class_asks_for(stock, stocking_class, days):
    stock.part("P1", stocking_class_code=stocking_class, valid_from_at=ago(days=900))
    stock.count(5, event_at=ago(days=days - 1))
    assert planned(stock) == []
    stock.part("P2", stocking_class_code=stocking_class)
    p2 = stock.value("select catalogue.part_id('BRND', 'P2')")
    stock.count(5, part_id=p2, event_at=ago(days=days))
    assert planned(stock) == [("P2", "DUE")]
    stock.count(5, part_id=p2, event_at=ago(days=1))
    assert planned(stock) == []


def test_what_was_too_far_off_comes_first_then_what_waits_for_longest(stock):
    parts = {number: stock.part(number, unit_cost_amount=1) for number in ("P2", "P3", "P4")}
    stock.count(5, part_id=parts["P2"], event_at=ago(days=40))
    stock.count(5, part_id=parts["P3"], event_at=ago(days=50))
    stock.move(4, part_id=parts["P4"])
    stock.move(10, event_at=ago(days=9))
    stock.count(5, event_at=ago(days=5))
    assert planned(stock) == [("P1", "RECOUNT"), ("P3", "DUE"), ("P2", "DUE"), ("P4", "NEVER_COUNTED")]
    assert planned(stock, limit=2) == [("P1", "RECOUNT"), ("P3", "DUE")]
    assert planned(stock, "G2") == [] and len(planned(stock, None)) == 4


def test_a_part_is_due_when_one_of_its_lots_is(stock):
    stock.count(5, lot_number="L1", event_at=ago(days=40))
    stock.count(5, lot_number="L2", event_at=ago(days=2))
    assert planned(stock) == [("P1", "DUE")]
    stock.move(-5, lot_number="L1", event_at=ago(days=1))
    assert planned(stock) == []


def test_the_sheet_names_every_place_and_no_quantity(stock):
    stock.receive(7, lot_number="L1")
    stock.receive(3, lot_number="L2", condition_code="USED")
    stock.receive(4, "G2")
    stock.call("ship", transfer_number=stock.transfer(2), actor="bob")
    found = lines(stock)
    assert [(one["part_number"], one["lot_number"], one["condition_code"]) for one in found] == [
        ("P1", "L1", "NEW"), ("P1", "L2", "USED"),
    ]  # fmt: skip
    assert {(one["counted_quantity"], one["counted_at"], one["is_blind"], one["count_round"]) for one in found} == {
        ("", "", "true", "1")
    }
    assert {one["count_number"] for one in found} == {f"PLAN-G1-{NOW:%Y%m%d-%H%M%S-%f}"}


def test_a_count_to_be_repeated_is_round_two_also_where_nothing_is_left(stock):
    stock.move(10, event_at=ago(days=9))
    stock.count(0, event_at=ago(days=5))
    (one,) = lines(stock)
    assert (one["count_round"], one["lot_number"], one["condition_code"]) == ("2", "", "NEW")
