"""What was wrong is undone by its opposite, at its own moment, once; the line itself stays."""

from __future__ import annotations

import psycopg
import pytest

from tests.support import network
from tests.support.stock import Stock, ago


def test_a_reversed_receipt_is_as_if_it_had_never_been(stock):
    line = stock.receive(5)["receipt_line_id"]
    stock.call("reverse", line_code="RECEIPT", line_id=line, reason="wrong garage", actor="bob")
    assert stock.on_hand() == 0
    assert stock.value("select count(*) from garage_inventory.receipts") == 1
    moves = stock.rows(
        "select movements.quantity, movements.event_at = reversed.event_at as is_of_then,"
        " movements.reason_code from garage_inventory.movements"
        " inner join garage_inventory.movements as reversed on reversed.movement_id = movements.reverses_id"
    )
    assert moves == [{"quantity": -5, "is_of_then": True, "reason_code": "REVERSAL"}]


def test_a_line_is_reversed_once_only(stock):
    line = stock.adjust("IN", 5)["adjustment_line_id"]
    act = {"line_code": "ADJUSTMENT", "line_id": line, "reason": "typed twice", "actor": "bob"}
    stock.call("reverse", **act)
    refusal = stock.refused("reverse", **act)
    assert refusal.sqlstate == "PB608"
    assert "by bob" in str(refusal)
    assert stock.on_hand() == 0


def test_reversing_what_a_count_has_seen_since_leaves_the_count_as_it_is(stock):
    line = stock.receive(5, received_at=ago(days=9))["receipt_line_id"]
    number = stock.count(5, event_at=ago(days=2))
    stock.call("reverse", line_code="RECEIPT", line_id=line, reason="was never delivered", actor="bob")
    assert stock.on_hand() == 5
    variance = "select variance_quantity from garage_inventory.count_variances where count_number = %s"
    assert stock.value(variance, number) == 5


def test_a_usage_line_is_reversed_also_where_it_moved_nothing(stock):
    stock.receive(5, received_at=ago(days=3))
    network.use(stock.connection, "P1", 2, ago(days=2))
    network.use(stock.connection, "P1", 1, ago(days=2), "LOST_SALE")
    for row in stock.rows("select usage_line_id from garage_inventory.usage_lines"):
        stock.call("reverse", line_code="USAGE", line_id=row["usage_line_id"], reason="not fitted", actor="bob")
    assert stock.on_hand() == 5
    assert [row["quantity"] for row in stock.rows("select quantity from garage_inventory.reversals order by 1")] == [
        0,
        2,
    ]


def test_both_sides_of_a_changed_condition_are_reversed(stock):
    stock.receive(5)
    line = stock.adjust("OUT", 2, "DAMAGED", to_condition_code="DAMAGED")["adjustment_line_id"]
    stock.call("reverse", line_code="ADJUSTMENT", line_id=line, reason="is fine", actor="bob")
    assert (stock.on_hand(), stock.on_hand(condition="DAMAGED")) == (5, 0)


def test_what_has_moved_nothing_yet_is_rejected_and_not_reversed(stock):
    line = stock.adjust("IN", 500)["adjustment_line_id"]
    act = {"line_code": "ADJUSTMENT", "line_id": line, "reason": "no", "actor": "bob"}
    assert stock.refused("reverse", **act).sqlstate == "PB606"


def test_a_reversal_needs_a_line_and_a_reason(stock):
    line = stock.receive(5)["receipt_line_id"]
    act = {"line_code": "RECEIPT", "line_id": line, "reason": "wrong", "actor": "bob"}
    assert stock.refused("reverse", **{**act, "reason": " "}).sqlstate == "PB605"
    assert stock.refused("reverse", **{**act, "line_code": "USAGE"}).sqlstate == "PB606"


def test_who_waits_gets_what_a_reversal_gives_back_and_gives_up_what_it_takes(stock):
    stock.receive(5, received_at=ago(days=3))
    taken = stock.adjust("OUT", 5, "DAMAGED")["adjustment_line_id"]
    stock.reserve("R1", 2)
    stock.call("reverse", line_code="ADJUSTMENT", line_id=taken, reason="is fine", actor="bob")
    assert stock.state("R1")["reserved_quantity"] == 2
    (received,) = stock.rows("select receipt_line_id from garage_inventory.receipts")
    stock.call("reverse", line_code="RECEIPT", line_id=received["receipt_line_id"], reason="no", actor="bob")
    assert stock.state("R1")["reserved_quantity"] == 0
    assert stock.drift() == []


@pytest.mark.parametrize("table", ["receipts", "reversals", "approvals", "transfer_events", "approval_limits"])
def test_nobody_edits_what_was_entered(stock: Stock, table):
    for statement in ("update garage_inventory.{} set actor = 'me'", "delete from garage_inventory.{}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            stock.connection.execute(statement.format(table))


def test_every_movement_has_its_line_and_every_line_its_movement(stock):
    from ingest.ledgers import missing_movements

    stock.receive(9, "G2")
    line = stock.adjust("OUT", 2, "DAMAGED", to_condition_code="DAMAGED")["adjustment_line_id"]
    stock.call("reverse", line_code="ADJUSTMENT", line_id=line, reason="is fine", actor="bob")
    waiting = stock.adjust("IN", 500)["adjustment_line_id"]
    stock.adjust("IN", 500)
    stock.call("decide", adjustment_line_id=waiting, decision_code="APPROVED", reason="seen", actor="eve")
    number = stock.transfer(3)
    stock.call("ship", transfer_number=number, actor="bob")
    stock.call("arrive", transfer_number=number, actor="ann", quantity=2)
    stock.call("declare_short", transfer_number=number, reason="gone", actor="ann")
    network.use(stock.connection, "P1", 2, ago(days=2))
    assert missing_movements(stock.connection) == []
    stock.move(1)
    assert len(missing_movements(stock.connection)) == 1
