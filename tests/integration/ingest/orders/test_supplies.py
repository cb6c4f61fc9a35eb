"""What is still to come, told once: for a promise by a day (F5), and for a recall of parts that are on order."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ingest.quality_hold.acts import Rule, place
from ingest.quality_hold.campaigns import campaign
from ingest.reservation.reading import available_by
from tests.support.orders import Orders
from tests.support.stock import NOW

TODAY = NOW.date()


def to_come(orders: Orders) -> list[tuple]:
    """Stage, lot, units and those of them that are confirmed."""
    rows = orders.rows("select * from replenishment.supplies_open order by stage_code, lot_number, document_number")
    return [
        (row["stage_code"], row["lot_number"], int(row["quantity"]), int(row["confirmed_quantity"])) for row in rows
    ]


def promised(orders: Orders, days: int, garage: str = "G1") -> Decimal:
    day: date = TODAY + timedelta(days=days)
    return available_by(orders.connection, garage, orders.p1, day)["available_quantity"]


def recalled(orders: Orders, **rule) -> list[tuple]:
    """Stage, lot and units that a recall of P1 finds on order."""
    given = {"part_id": orders.p1, "hold_reason_code": "SUPPLIER_RECALL", "campaign_number": "RC-1", **rule}
    place(orders.connection, Rule("RC-1-1", "CAMPAIGN", **given), "ann")
    found = campaign(orders.connection, "RC-1")
    assert found["progress"]["open_order_quantity"] == sum(one["quantity"] for one in found["orders"])
    return sorted((one["stage_code"], one["lot_number"] or "", int(one["quantity"])) for one in found["orders"])


def test_an_order_counts_as_far_as_its_supplier_has_answered_and_for_the_day_that_was_named(orders):
    number = orders.order(10, sent=3)
    assert to_come(orders) == [("SENT", None, 10, 0)]
    assert promised(orders, 30) == 0
    orders.answer(number, "1", "IA", 8, days=2, promised_on=TODAY + timedelta(days=4))
    assert to_come(orders) == [("ACKNOWLEDGED", None, 8, 8)]
    assert [promised(orders, days) for days in (3, 4)] == [0, 8]
    assert promised(orders, 30, garage="G2") == 0


def test_units_are_to_come_once_from_the_answer_over_the_shipment_to_the_shelf(orders):
    number = orders.order(10, sent=3)
    orders.answer(number, "1", "IA", 10, days=2, promised_on=TODAY + timedelta(days=4))
    shipment = orders.notice(number, "1", 6, days=1, lot_number="L1", expected_on=TODAY + timedelta(days=1))
    assert to_come(orders) == [("ACKNOWLEDGED", None, 4, 4), ("SHIPPED", "L1", 6, 6)]
    orders.arrives(5, days=0, number=number, delivery_number=shipment, lot_number="L1")
    assert to_come(orders) == [("ACKNOWLEDGED", None, 4, 4), ("SHIPPED", "L1", 1, 1)]
    assert [promised(orders, days) for days in (0, 1, 4)] == [5, 6, 10]
    orders.arrives(5, days=0, number=number)
    assert to_come(orders) == []
    assert promised(orders, 30) == 10


def test_a_pending_answer_is_to_come_and_no_promise(orders):
    number = orders.order(10, sent=3)
    orders.answer(number, "1", "IA", 6, days=2, promised_on=TODAY)
    orders.answer(number, "1", "IH", 4, days=2, schedule_number=2)
    assert to_come(orders) == [("ACKNOWLEDGED", None, 10, 6)]
    assert promised(orders, 30) == 6


def test_a_delivery_that_names_only_the_order_is_of_the_shipment_that_was_announced_first(orders):
    number = orders.order(12, sent=5)
    orders.notice(number, "1", 5, days=3, lot_number="L1")
    orders.notice(number, "1", 7, days=2, lot_number="L2")
    orders.arrives(5, days=1, number=number)
    assert to_come(orders) == [("SHIPPED", "L2", 7, 7)]


def test_a_delivery_is_of_the_lots_that_it_names(orders):
    number = orders.order(12, sent=5)
    shipment = orders.notice(number, "1", 5, days=3, lot_number="L1")
    orders.notice(number, "1", 7, days=3, shipment_number=shipment, shipment_line="2", lot_number="L2")
    received = orders.arrives(7, days=1, number=number, delivery_number=shipment, lot_number="L2")
    assert to_come(orders) == [("SHIPPED", "L1", 5, 5)]
    orders.call(
        "reverse", line_code="RECEIPT", line_id=received["receipt_line_id"], reason="another delivery", actor="bob"
    )
    assert to_come(orders) == [("SHIPPED", "L1", 5, 5), ("SHIPPED", "L2", 7, 7)]


@pytest.mark.parametrize("event_type", ["CANCELLED", "CLOSED"])
def test_what_was_given_up_is_not_to_come(orders, event_type):
    number = orders.order(10, sent=3)
    orders.event(number, event_type, 1, reason="no longer needed")
    assert to_come(orders) == []
    assert recalled(orders) == []


def test_a_recall_finds_orders_from_the_approval_to_the_shipment(orders):
    orders.approve(2, days=1)
    orders.order(3, sent=None)
    orders.order(4, sent=3)
    answered = orders.order(5, sent=3)
    orders.answer(answered, "1", "IA", 5, days=2)
    partly = orders.order(9, sent=3)
    orders.notice(partly, "1", 6, days=1, lot_number="L7")
    assert recalled(orders) == [
        ("ACKNOWLEDGED", "", 5), ("APPROVED", "", 2), ("APPROVED", "", 3), ("SENT", "", 3), ("SENT", "", 4),
        ("SHIPPED", "L7", 6),
    ]  # fmt: skip


def test_a_recall_of_lots_leaves_out_what_is_shipped_of_others_and_keeps_what_may_still_bring_them(orders):
    number = orders.order(9, sent=3)
    orders.notice(number, "1", 6, days=1, lot_number="L30")
    assert recalled(orders, lot_from_number="L1", lot_to_number="L20", supplier_code="S1") == [("SENT", "", 3)]


def test_an_order_that_was_made_elsewhere_is_open_until_it_was_received_shipped_or_not(orders):
    orders.answer("THEIRS", "1", "IA", 8, days=3)
    assert to_come(orders) == [("ACKNOWLEDGED", None, 8, 8)]
    orders.arrives(3, days=2, number="THEIRS")
    assert to_come(orders) == [("ACKNOWLEDGED", None, 5, 5)]
    orders.arrives(5, days=1, number="THEIRS")
    assert to_come(orders) == []


@pytest.mark.parametrize(
    ("function", "moments"),
    [("order_answers_as_of", 2), ("receipts_matched_as_of", 2), ("order_lines_as_of", 2), ("supplies_open_of", 0)],
)
def test_who_asks_about_a_part_is_told_what_who_asks_about_all_is_told_of_it(orders, function, moments):
    parts = {"P1": orders.p1, **{number: orders.part(number) for number in ("P2", "P3")}}
    for number, part_id in parts.items():
        named = {"part_number": number}
        order = orders.order(10, 4, sent=5, part_id=part_id, **named)
        orders.answer(order, "1", "IA", 9, days=4, **named)
        shipment = orders.notice(order, "1", 6, days=3, lot_number="L1", **named)
        orders.arrives(5, days=2, delivery_number=shipment, part_id=part_id)
        orders.arrives(2, days=1, number=order, part_id=part_id)
        orders.notice(None, None, 3, days=3, ship_to_code="G1", **named)
        orders.answer(f"THEIRS-{number}", "1", "IA", 8, days=3, **named)
        orders.approve(2, days=1, part_id=part_id)
    given = "now(), 'infinity', " if moments else ""
    call = f"select to_jsonb(found) as row from replenishment.{function}({given}%s::uuid[]) as found order by 1"
    apart = [row["row"] for part_id in parts.values() for row in orders.rows(call, [part_id])]
    together = [row["row"] for row in orders.rows(call, None)]
    assert together and sorted(map(str, apart)) == sorted(map(str, together))


def test_a_shipment_of_our_order_comes_to_the_garage_of_the_order_whatever_its_supplier_calls_that(orders):
    number = orders.order(4, sent=3)
    orders.notice(number, "1", 4, days=1, ship_to_code="4012345000009", expected_on=TODAY)
    assert [promised(orders, 0, garage) for garage in ("G1", "G2")] == [4, 0]
    orders.notice(None, None, 2, days=1, ship_to_code="G2", expected_on=TODAY)
    assert [promised(orders, 0, garage) for garage in ("G1", "G2")] == [4, 2]


def test_a_recall_of_everything_of_a_supplier_finds_all_its_orders(orders):
    orders.order(4, sent=3)
    orders.order(3, sent=3, part_id=orders.part("P2"), part_number="P2")
    assert recalled(orders, part_id=None, supplier_code="S1") == [("SENT", "", 3), ("SENT", "", 4)]
    orders.answer("THEIRS", "1", "IA", 8, days=3, supplier_code="S2")
    assert len(recalled(orders, part_id=None, supplier_code="S1")) == 2


def test_a_shipment_under_a_suppliers_own_number_of_the_garage_explains_stock_below_nothing(orders):
    orders.move(-3)
    number = orders.order(4, sent=3)
    orders.notice(number, "1", 4, days=1, shipment_number="ASN8", ship_to_code="4012345000009")
    (one,) = orders.rows("select * from garage_inventory.negative_cells")
    assert (one["suspected_cause_code"], one["words"]) == (
        "MISSING_RECEIPT", "of shipment ASN8 of S1 4 were announced and not received",
    )  # fmt: skip
