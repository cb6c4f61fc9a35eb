"""What somebody must look at: stock below nothing with its likely cause, and whatever waits too long."""

from __future__ import annotations

import pytest

from tests.support import network
from tests.support.stock import Stock, ago


def found(stock: Stock, code: str) -> list[dict]:
    return stock.rows("select * from garage_inventory.exceptions where exception_code = %s", code)


def cause(stock: Stock) -> tuple[str, str]:
    (one,) = found(stock, "NEGATIVE_STOCK")
    return one["suspected_cause_code"], one["words"]


def announce(stock: Stock, **values) -> None:
    """A line of a shipment notice, which comes as a batch."""
    with stock.connection.transaction():
        batch = stock.value(
            "insert into ingest.batches (sha256, kind, source_code, file_name, byte_count, received_at)"
            " values (repeat('a', 64), 'ship_notice', 'S1', 'asn.csv', 1, now()) returning batch_id"
        )
        stock.connection.execute("select set_config('partsbay.batch_id', %s, true)", (str(batch),))
        network.insert(
            stock.connection, "replenishment.shipment_lines", supplier_code="S1", shipment_line="1", batch_id=batch,
            stated_at=ago(days=2), brand_code="BRND", part_number="P1", uom_code="EA", **values,
        )  # fmt: skip


def test_stock_below_nothing_is_kept_as_fact_and_raised(stock):
    stock.move(-3, event_at=ago(hours=2))
    (one,) = found(stock, "NEGATIVE_STOCK")
    assert (one["quantity"], one["suspected_cause_code"], one["since_at"]) == (-3, "UNKNOWN", ago(hours=2))
    assert stock.on_hand() == -3


def test_a_shipment_that_was_announced_and_never_received_is_the_likely_cause(stock):
    stock.move(-3, event_at=ago(hours=2))
    announce(stock, shipment_number="ASN7", shipped_quantity=5, ship_to_code="G1")
    assert cause(stock) == ("MISSING_RECEIPT", "of shipment ASN7 of S1 5 were announced and not received")
    stock.receive(1, delivery_number="ASN7")
    assert cause(stock) == ("MISSING_RECEIPT", "of shipment ASN7 of S1 4 were announced and not received")
    stock.receive(4, delivery_number="ASN7", delivery_line="2")
    stock.move(-9, event_at=ago(hours=1))
    assert cause(stock)[0] == "UNKNOWN"


def test_a_transfer_on_its_way_is_the_likely_cause(stock):
    stock.receive(5, "G2")
    number = stock.transfer(2)
    stock.call("ship", transfer_number=number, actor="bob")
    stock.move(-1, event_at=ago(hours=1))
    assert cause(stock) == ("MISSING_RECEIPT", f"transfer {number} is on its way with 2.000")


def test_another_lot_that_has_the_units_is_the_likely_cause(stock):
    stock.receive(5, lot_number="L2")
    stock.move(-2, lot_number="L1", event_at=ago(hours=1))
    assert cause(stock) == ("WRONG_LOT", "lot L2 has 5.000")


def test_a_quantity_that_is_a_pack_too_large_is_the_likely_cause(stock):
    stock.pack("P1", "BX", "12")
    stock.receive(2, received_at=ago(hours=3))
    stock.move(-12, document_number="W9", event_at=ago(hours=1))
    assert cause(stock) == ("WRONG_UNIT", "W9 moved -12.000, and one BX is 12")


def test_a_receipt_that_was_a_pack_and_booked_as_a_piece_is_the_likely_cause(stock):
    stock.pack("P1", "BX", "12")
    stock.receive(1, delivery_number="D9", received_at=ago(hours=3))
    stock.move(-5, event_at=ago(hours=1))
    assert cause(stock) == ("WRONG_UNIT", "D9 moved 1.000, and one BX is 12")


def test_a_garage_that_has_sent_nothing_for_two_days_is_the_likely_cause(stock):
    stock.move(-5, event_at=ago(days=3))
    assert cause(stock)[0] == "LATE_FEED"


def test_stock_that_a_hold_covers_twice_is_raised(stock):
    stock.receive(2)
    stock.hold("H1", 5)
    (one,) = found(stock, "HOLD_EXCEEDS_STOCK")
    assert (one["quantity"], one["words"]) == (5, "5.000 are on hold, and 2.000 are there")


def test_a_part_that_is_promised_more_often_than_it_is_there_is_raised(stock):
    stock.receive(2)
    stock.move(-5, event_at=ago(minutes=1))
    (one,) = found(stock, "OVERCOMMIT")
    assert one["quantity"] == -3
    raw = "select available_raw_quantity, available_quantity from garage_inventory.availability"
    assert stock.rows(raw) == [{"available_raw_quantity": -3, "available_quantity": 0}]


def test_a_variance_beyond_tolerance_is_raised_until_it_is_counted_again(stock):
    stock.move(10, event_at=ago(days=9))
    number = stock.count(5)
    assert [one["document_number"] for one in found(stock, "COUNT_VARIANCE")] == [number]
    stock.count(5, event_at=ago(days=1))
    assert found(stock, "COUNT_VARIANCE") == []


def test_a_decision_that_waits_two_days_is_raised(stock):
    stock.adjust("IN", 500)
    assert found(stock, "PENDING_APPROVAL") == []
    network.insert(
        stock.connection, "garage_inventory.adjustments", adjustment_number="A9", adjustment_line="1", garage_code="G1",
        part_id=stock.p1, condition_code="NEW", direction_code="IN", quantity=9, uom_code="EA",
        adjustment_reason_code="FOUND", approval_code="PENDING", event_at=ago(days=3), recorded_at=ago(days=3),
    )  # fmt: skip
    assert [one["document_number"] for one in found(stock, "PENDING_APPROVAL")] == ["A9"]


def test_a_transfer_that_nobody_ships_or_receives_is_raised_when_it_is_due(stock):
    stock.receive(5, "G2", received_at=ago(days=20))
    asked = stock.transfer(1, requested_at=ago(days=4))
    sent = stock.transfer(1, requested_at=ago(days=9))
    stock.transfer(1)
    stock.transfer(1, requested_at=ago(days=9), due_at=ago(days=-1))
    stock.call("ship", transfer_number=sent, actor="bob", shipped_at=ago(days=8))
    assert {one["document_number"] for one in found(stock, "TRANSFER_OVERDUE")} == {asked, sent}


@pytest.mark.parametrize(
    ("code", "is_raised"),
    [(code, True) for code in "0134569"] + [(code, False) for code in "278A"],
)
def test_stock_of_a_part_that_its_life_cycle_says_not_to_sell_is_raised(stock, code, is_raised):
    stock.receive(5, received_at=ago(days=20))
    stock.part("P1", lifecycle_code=code, valid_from_at=ago(days=100))
    assert bool(found(stock, "LIFE_CYCLE")) is is_raised
    if code == "9":
        (one,) = found(stock, "LIFE_CYCLE")
        assert (one["quantity"], one["words"]) == (
            5, "life cycle 9 (obsolete): neither ordered nor sold from stock",
        )  # fmt: skip
        stock.adjust("OUT", 5, "SCRAPPED")
        assert found(stock, "LIFE_CYCLE") == []


def test_stock_of_a_part_that_is_retired_is_raised(stock):
    stock.receive(5, received_at=ago(days=20))
    stock.part("P1", lifecycle_code="2", valid_from_at=ago(days=100), is_retired=True)
    (one,) = found(stock, "LIFE_CYCLE")
    assert (one["quantity"], one["words"]) == (5, "the part is retired: neither ordered nor sold from stock")


def test_stock_of_a_part_tracked_by_lot_without_its_lot_is_raised_until_it_is_counted_with_it(stock):
    stock.part("P1", is_lot_tracked=True, valid_from_at=ago(days=100))
    stock.receive(3, lot_number="L1")
    stock.receive(2, received_at=ago(days=2))
    (one,) = found(stock, "LOT_UNKNOWN")
    assert (one["lot_number"], one["quantity"]) == ("", 2)
    stock.count(0, event_at=ago(days=1))
    stock.count(2, lot_number="L2", event_at=ago(days=1))
    assert found(stock, "LOT_UNKNOWN") == []


def test_stock_of_a_part_that_expires_of_which_nobody_knows_when_is_raised(stock):
    stock.part("P1", shelf_life_days=300, valid_from_at=ago(days=100))
    stock.receive(3, lot_number="L1", expires_on="2090-01-01")
    stock.receive(4, lot_number="L2", manufactured_on="2090-01-01")
    stock.receive(2, lot_number="L3")
    (one,) = found(stock, "EXPIRY_UNKNOWN")
    assert (one["lot_number"], one["quantity"]) == ("L3", 2)
    assert one["words"].startswith("the part keeps 300 days")


def test_all_well_is_empty(stock):
    stock.receive(5)
    stock.reserve("R1", 2)
    assert stock.rows("select * from garage_inventory.exceptions") == []
