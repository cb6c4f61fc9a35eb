"""What a garage receives: stock, lot and promise in one transaction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from tests.support.stock import ago


def test_a_receipt_is_stock_with_its_lot_and_the_order_it_answers(stock):
    made = stock.receive(
        5, lot_number="L1", expires_on=date(2030, 1, 31), manufactured_on=date(2026, 1, 2), supplier_code="S1",
        purchase_order_number="PO1", purchase_order_line="2", received_at=ago(hours=3),
    )  # fmt: skip
    cell = stock.rows("select lot_number, on_hand_quantity, expires_on, received_at from garage_inventory.cells")
    assert cell == [
        {"lot_number": "L1", "on_hand_quantity": 5, "expires_on": date(2030, 1, 31), "received_at": ago(hours=3)}
    ]
    lot = stock.rows("select supplier_code, manufactured_on from garage_inventory.lots")
    assert lot == [{"supplier_code": "S1", "manufactured_on": date(2026, 1, 2)}]
    assert (made["purchase_order_number"], made["purchase_order_line"]) == ("PO1", "2")


def test_the_same_line_again_is_received_once_and_other_content_under_it_is_refused(stock):
    first = stock.receive(5, delivery_number="D1", received_at=ago(hours=1))
    again = stock.receive(5, delivery_number="D1", received_at=ago(minutes=1))
    assert again["receipt_line_id"] == first["receipt_line_id"]
    assert stock.on_hand() == 5
    with pytest.raises(psycopg.Error, match="says something else") as refusal:
        stock.receive(6, delivery_number="D1")
    assert refusal.value.sqlstate == "PB604"


def test_packs_become_base_units_exactly_and_the_line_keeps_what_it_said(stock):
    stock.pack("P1", "BX", "12")
    made = stock.receive(3, uom_code="BX")
    assert (made["quantity"], made["uom_code"]) == (36, "EA")
    assert (made["stated_quantity"], made["stated_uom_code"]) == (3, "BX")
    assert stock.on_hand() == 36


@pytest.mark.parametrize(("quantity", "unit"), [(1, "L"), (1, "BX"), (Decimal("0.5"), "EA"), (-1, "EA"), (0, "EA")])
def test_a_unit_that_the_part_does_not_have_and_half_a_piece_are_refused(stock, quantity, unit):
    with pytest.raises(psycopg.Error) as refusal:
        stock.receive(quantity, uom_code=unit)
    assert refusal.value.sqlstate == "PB603"
    assert stock.total() == 0


def test_who_waits_is_served_by_a_receipt_in_the_order_of_the_queue(stock):
    stock.reserve("R2", 2, need_by_at=ago(days=-5))
    stock.reserve("R1", 2, need_by_at=ago(days=-2))
    stock.receive(3)
    assert [stock.state(number)["reserved_quantity"] for number in ("R1", "R2")] == [2, 1]
    assert stock.drift() == []


def test_units_go_out_first_from_the_lot_that_expires_first(stock):
    stock.receive(2, lot_number="LATER", expires_on=date(2031, 1, 1))
    stock.receive(2, lot_number="SOON", expires_on=date(2030, 1, 1))
    assert stock.reserve("R1", 3) and stock.state("R1")["pegs"] == {"G1:SOON": 2, "G1:LATER": 1}


def test_a_later_delivery_of_a_lot_that_says_no_expiry_leaves_it_as_it_was(stock):
    stock.receive(1, lot_number="L1", expires_on=date(2030, 1, 1), received_at=ago(days=2))
    stock.receive(1, lot_number="L1", received_at=ago(days=1))
    cell = stock.rows("select expires_on, received_at, on_hand_quantity from garage_inventory.cells")
    assert cell == [{"expires_on": date(2030, 1, 1), "received_at": ago(days=2), "on_hand_quantity": 2}]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"received_at": ago(days=-1)}, "PB601"),
        ({"garage_code": "NOWHERE"}, "PB602"),
        ({"part_id": "00000000-0000-0000-0000-000000000000"}, "PB602"),
        ({"actor": " "}, "PB600"),
    ],
    ids=["tomorrow", "an unknown garage", "an unknown part", "nobody"],
)
def test_what_cannot_have_happened_is_refused_with_the_way_to_mend_it(stock, changes, code):
    with pytest.raises(psycopg.Error) as refusal:
        stock.receive(1, **changes)
    assert refusal.value.sqlstate == code
    assert refusal.value.diag.message_hint
    assert stock.total() == 0


def test_a_receipt_of_ten_minutes_ahead_is_a_clock_and_no_lie(stock):
    stock.receive(1, received_at=ago(minutes=-10))
    assert stock.on_hand() == 1


def test_a_lot_of_unknown_expiry_is_as_old_as_its_manufacture(stock):
    part = stock.part("TYRE", shelf_life_days=100)
    for lot, made in (("NEWER", date(2030, 3, 1)), ("OLDER", date(2030, 1, 1)), ("UNKNOWN", None)):
        stock.receive(1, part_id=part, lot_number=lot, manufactured_on=made)
    stock.receive(1, part_id=part, lot_number="STATED", manufactured_on=date(2030, 1, 1), expires_on=date(2032, 1, 1))
    lots = stock.rows("select lot_number, expires_on from garage_inventory.cells order by expires_on")
    assert [tuple(one.values()) for one in lots] == [
        ("OLDER", date(2030, 4, 11)), ("NEWER", date(2030, 6, 9)), ("STATED", date(2032, 1, 1)), ("UNKNOWN", None),
    ]  # fmt: skip
    stock.reserve("R1", 1, part_id=part)
    assert stock.state("R1")["pegs"] == {"G1:OLDER": 1}


@pytest.mark.parametrize("condition", ["IN_TRANSIT", "SHINY"])
def test_a_condition_that_is_none_or_comes_by_transfers_alone_is_refused(stock, condition):
    assert stock.refused("receive", **_line(stock), condition_code=condition).sqlstate == "PB612"
    assert stock.total() == 0


def test_what_is_no_number_is_no_stock(stock):
    assert stock.refused("receive", **{**_line(stock), "quantity": Decimal("NaN")}).sqlstate == "PB603"
    with pytest.raises(psycopg.errors.CheckViolation):
        stock.move(Decimal("NaN"))
    with pytest.raises(psycopg.errors.CheckViolation):
        stock.count(Decimal("NaN"))


def _line(stock) -> dict:
    return {
        "delivery_number": "D", "delivery_line": "1", "garage_code": "G1", "part_id": stock.p1, "quantity": 1,
        "uom_code": "EA", "actor": "ann",
    }  # fmt: skip
