"""Adjustments above a limit move nothing before a second person says so."""

from __future__ import annotations

import threading

import psycopg
import pytest

from tests.support import network
from tests.support.persons import forms_of
from tests.support.stock import Stock, ago


def test_an_adjustment_below_the_limits_moves_at_once_and_one_above_waits(stock):
    small, large = stock.adjust("IN", 100), stock.adjust("IN", 101)
    assert (small["approval_code"], large["approval_code"]) == ("AUTO", "PENDING")
    assert large["value_impact_amount"] == 1010
    assert stock.on_hand() == 100


def test_an_approved_line_moves_at_the_moment_of_the_adjustment(stock):
    stock.count(5, event_at=ago(days=2))
    line = stock.adjust("IN", 500, adjusted_at=ago(days=3))["adjustment_line_id"]
    newer = stock.adjust("IN", 500, adjusted_at=ago(days=1))["adjustment_line_id"]
    for one in (line, newer):
        stock.call("decide", adjustment_line_id=one, decision_code="APPROVED", reason="counted twice", actor="eve")
    assert stock.on_hand() == 505
    moments = stock.rows("select event_at, actor from garage_inventory.movements order by event_at")
    assert moments == [{"event_at": ago(days=3), "actor": "eve"}, {"event_at": ago(days=1), "actor": "eve"}]


def test_a_rejected_line_never_moves_and_a_decision_stays(stock):
    line = stock.adjust("IN", 500)["adjustment_line_id"]
    decision = {"adjustment_line_id": line, "reason": "never arrived", "actor": "eve"}
    first = stock.call("decide", decision_code="REJECTED", **decision)
    assert stock.call("decide", decision_code="REJECTED", **decision) == first
    assert stock.refused("decide", decision_code="APPROVED", **decision).sqlstate == "PB606"
    assert stock.on_hand() == 0
    assert stock.value("select state_code from garage_inventory.adjustment_states") == "REJECTED"


@pytest.mark.parametrize("actor", forms_of("ann"))
def test_nobody_approves_an_adjustment_of_their_own(stock, actor):
    line = stock.adjust("IN", 500)["adjustment_line_id"]
    decision = {"adjustment_line_id": line, "decision_code": "APPROVED", "reason": "it is right", "actor": actor}
    assert stock.refused("decide", **decision).sqlstate == "PB607"
    with pytest.raises(psycopg.Error) as refusal:
        stock.connection.execute(
            "insert into garage_inventory.approvals (adjustment_line_id, decision_code, reason, source_code,"
            " idempotency_key, actor) values (%s, 'APPROVED', 'past the function', 'test', '', %s)",
            (line, actor),
        )
    assert refusal.value.sqlstate == "PB607"
    assert stock.on_hand() == 0


@pytest.mark.parametrize("approver", [*forms_of("ann"), "\u200b"])
def test_no_line_says_of_itself_that_its_maker_approved_it(stock, approver):
    line = {
        "adjustment_number": "A1", "adjustment_line": "1", "garage_code": "G1", "part_id": stock.p1, "quantity": 1,
        "condition_code": "NEW", "direction_code": "IN", "uom_code": "EA", "adjustment_reason_code": "FOUND",
        "approval_code": "APPROVED", "event_at": ago(days=1), "actor": "ann",
    }  # fmt: skip
    with pytest.raises(psycopg.errors.CheckViolation):
        network.insert(stock.connection, "garage_inventory.adjustments", **line, approver=approver)
    network.insert(stock.connection, "garage_inventory.adjustments", **line, approver="anne")


@pytest.mark.parametrize("again", forms_of("eve"))
def test_the_same_decision_of_the_same_person_is_answered_as_the_first_time(stock, again):
    line = stock.adjust("IN", 500)["adjustment_line_id"]
    decision = {"adjustment_line_id": line, "decision_code": "REJECTED", "reason": "never arrived"}
    assert stock.call("decide", actor="eve", **decision) == stock.call("decide", actor=again, **decision)
    assert stock.refused("decide", actor="eva", **decision).sqlstate == "PB606"


def test_what_moved_by_itself_waits_for_nobody(stock):
    line = stock.adjust("IN", 1)["adjustment_line_id"]
    decision = {"adjustment_line_id": line, "decision_code": "REJECTED", "reason": "no", "actor": "eve"}
    assert stock.refused("decide", **decision).sqlstate == "PB606"


def test_two_people_decide_at_once_and_one_of_them_is_told(stock, stores):
    line = stock.adjust("IN", 500)["adjustment_line_id"]
    query = "select garage_inventory.decide(%s, %s, 'looked at it', %s)"
    refusals = []

    def second():
        with psycopg.connect(stores.pipeline, autocommit=True) as other:
            try:
                other.execute(query, (line, "REJECTED", "bob"))
            except psycopg.Error as error:
                refusals.append(error.sqlstate)

    thread = threading.Thread(target=second)
    with stock.connection.transaction():
        stock.connection.execute(query, (line, "APPROVED", "eve"))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)
    assert refusals == ["PB606"]
    assert stock.on_hand() == 500


def test_the_most_specific_limit_in_force_counts(stock):
    limit(stock, limit_amount=50, adjustment_reason_code="FOUND", valid_from_at=ago(days=9))
    limit(stock, limit_amount=5000, adjustment_reason_code="FOUND", garage_code="G2", valid_from_at=ago(days=9))
    limit(stock, limit_amount=0, adjustment_reason_code="FOUND", valid_from_at=ago(days=-9))
    codes = [
        stock.adjust("IN", 6, **changes)["approval_code"]
        for changes in ({}, {"garage_code": "G2"}, {"adjusted_at": ago(days=20)})
    ]
    assert codes == ["PENDING", "AUTO", "AUTO"]


def test_percent_of_what_is_there_is_a_limit_of_its_own_with_a_least_quantity(stock):
    limit(stock, limit_pct=10, minimum_quantity=2, adjustment_reason_code="DAMAGED", valid_from_at=ago(days=9))
    stock.receive(50)
    codes = [stock.adjust("OUT", units, "DAMAGED")["approval_code"] for units in (2, 5, 6)]
    assert codes == ["AUTO", "PENDING", "PENDING"]


def test_a_receipt_has_no_limit_of_its_own(stock):
    assert stock.adjust("IN", 100_000, "RECEIPT")["approval_code"] == "AUTO"


@pytest.mark.parametrize(("reason", "note"), [("BECAUSE", None), ("OTHER", None), ("REVERSAL", "undo"), (None, None)])
def test_a_reason_is_one_of_the_closed_list_and_other_has_a_note(stock, reason, note):
    with pytest.raises(psycopg.Error) as refusal:
        stock.adjust("IN", 1, reason, reason_note=note)
    assert refusal.value.sqlstate == "PB605"


def test_every_reason_of_the_contract_has_its_code_of_edifact_4499(stock):
    from ingest.vocabularies import ADJUSTMENT_REASONS

    codes = {
        row["adjustment_reason_code"]: row["edifact_4499_code"]
        for row in stock.rows("select * from garage_inventory.adjustment_reasons")
    }
    assert set(codes) == set(ADJUSTMENT_REASONS)
    assert set(codes.values()) == {str(number) for number in range(1, 12)}
    assert (codes["SCRAPPED"], codes["REVERSAL"]) == ("3", "7")


def test_an_adjustment_applies_despite_reservations_which_follow_it(stock):
    stock.receive(10)
    stock.reserve("R1", 8, need_by_at=ago(days=-1))
    stock.reserve("R2", 2, need_by_at=ago(days=-2))
    stock.adjust("OUT", 5, "DAMAGED")
    assert [stock.state(number)["reserved_quantity"] for number in ("R1", "R2")] == [5, 0]
    assert stock.drift() == []


def test_units_that_change_their_condition_stay_in_the_garage(stock):
    stock.receive(10)
    stock.adjust("OUT", 3, "DAMAGED", to_condition_code="DAMAGED")
    assert (stock.on_hand(), stock.on_hand(condition="DAMAGED"), stock.total()) == (7, 3, 10)


def test_the_same_number_again_adjusts_once(stock):
    first, again = (stock.adjust("IN", 2, adjustment_number="A1") for _ in "12")
    assert first == again
    assert stock.on_hand() == 2


def limit(stock: Stock, **values) -> None:
    names = ", ".join(values)
    stock.connection.execute(
        f"insert into garage_inventory.approval_limits ({names}, source_code, actor)"
        f" values ({', '.join(['%s'] * len(values))}, 'test', 'boss')",
        [*values.values()],
    )


@pytest.mark.parametrize(
    ("change", "code"), [({"actor": " "}, "PB600"), ({"actor": "\u200b"}, "PB600"), ({"reason": " "}, "PB605")]
)
def test_nobody_decides_without_a_name_and_a_reason(stock, change, code):
    line = stock.adjust("IN", 500)["adjustment_line_id"]
    given = {"adjustment_line_id": line, "decision_code": "APPROVED", "reason": "counted", "actor": "eve", **change}
    assert stock.refused("decide", **given).sqlstate == code
    assert stock.on_hand() == 0


def test_a_line_that_its_author_approved_in_capitals_is_not_stored(stock):
    with pytest.raises(psycopg.errors.CheckViolation):
        stock.connection.execute(
            "insert into garage_inventory.adjustments (adjustment_number, adjustment_line, garage_code, part_id,"
            " condition_code, direction_code, quantity, uom_code, adjustment_reason_code, approval_code, approver,"
            " event_at, source_code, idempotency_key, payload_hash, actor)"
            " values ('A', '1', 'G1', %s, 'NEW', 'IN', 500, 'EA', 'FOUND', 'APPROVED', ' Ann', now(), 'test', 'x', 'x',"
            " 'ann')",
            (stock.p1,),
        )
