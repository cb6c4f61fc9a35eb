"""Stock between garages: counted once at every step, and promised to whom it is sent for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.support.stock import Stock, ago


def test_units_on_their_way_are_at_the_destination_in_transit_and_nowhere_else(stock):
    stock.receive(10, "G2")
    number = stock.transfer(4)
    assert (stock.on_hand("G2"), stock.on_hand("G1", "IN_TRANSIT")) == (10, 0)
    stock.call("ship", transfer_number=number, actor="bob")
    assert (stock.on_hand("G2"), stock.on_hand("G1", "IN_TRANSIT"), stock.on_hand("G1")) == (6, 4, 0)
    assert stock.value("select available_quantity from garage_inventory.availability where garage_code = 'G1'") == 0
    stock.call("arrive", transfer_number=number, actor="ann")
    assert (stock.on_hand("G2"), stock.on_hand("G1", "IN_TRANSIT"), stock.on_hand("G1")) == (6, 0, 4)
    assert stock.transfer_state(number)["state_code"] == "RECEIVED"


def test_lots_go_out_as_they_expire_and_arrive_as_the_same_lots(stock):
    stock.receive(2, "G2", lot_number="LATER", expires_on=date(2031, 1, 1))
    stock.receive(2, "G2", lot_number="SOON", expires_on=date(2030, 1, 1))
    number = stock.transfer(3)
    stock.call("ship", transfer_number=number, actor="bob")
    stock.call("arrive", transfer_number=number, actor="ann")
    assert [stock.on_hand("G1", lot=lot) for lot in ("SOON", "LATER")] == [2, 1]
    assert stock.on_hand("G2", lot="LATER") == 1


def test_a_short_receipt_leaves_the_rest_in_transit_until_somebody_declares_it_lost(stock):
    stock.receive(10, "G2")
    number = stock.transfer(5)
    stock.call("ship", transfer_number=number, actor="bob")
    stock.call("arrive", transfer_number=number, actor="ann", quantity=3)
    assert (stock.on_hand("G1"), stock.on_hand("G1", "IN_TRANSIT"), stock.total()) == (3, 2, 10)
    assert stock.transfer_state(number)["state_code"] == "IN_TRANSIT"
    (lost,) = stock.call("declare_short", transfer_number=number, reason="box was open", actor="ann")
    assert (lost["approval_code"], lost["adjustment_reason_code"]) == ("AUTO", "MISSING")
    assert (stock.on_hand("G1", "IN_TRANSIT"), stock.total()) == (0, 8)
    assert stock.transfer_state(number)["state_code"] == "RECEIVED_SHORT"


def test_a_dear_loss_stays_in_transit_until_somebody_else_approves_it(stock):
    stock.part("P1", unit_cost_amount=1000, valid_from_at=ago(days=100))
    stock.receive(10, "G2")
    number = stock.transfer(5)
    stock.call("ship", transfer_number=number, actor="bob")
    (lost,) = stock.call("declare_short", transfer_number=number, reason="truck was robbed", actor="ann")
    assert (lost["approval_code"], stock.on_hand("G1", "IN_TRANSIT")) == ("PENDING", 5)
    assert stock.refused("declare_short", transfer_number=number, reason="again", actor="ann").sqlstate == "PB610"
    line = lost["adjustment_line_id"]
    stock.call("decide", adjustment_line_id=line, decision_code="APPROVED", reason="police report", actor="eve")
    assert (stock.on_hand("G1", "IN_TRANSIT"), stock.transfer_state(number)["short_quantity"]) == (0, 5)


def test_a_garage_below_nothing_sends_nothing(stock):
    stock.move(-2, "G2")
    number = stock.transfer(1)
    refusal = stock.refused("ship", transfer_number=number, actor="bob")
    assert (refusal.sqlstate, stock.on_hand("G1", "IN_TRANSIT")) == ("PB611", 0)


def test_held_and_promised_units_are_not_sent(stock):
    stock.receive(10, "G2")
    stock.hold("H1", 4, "G2")
    stock.reserve("R1", 3, "G2")
    number = stock.transfer(5)
    assert stock.refused("ship", transfer_number=number, actor="bob").sqlstate == "PB610"
    stock.call("ship", transfer_number=number, actor="bob", quantity=3)
    assert stock.state("R1")["reserved_quantity"] == 3
    assert stock.transfer_state(number)["open_quantity"] == 2
    assert stock.drift() == []


def test_no_more_is_shipped_than_was_asked_and_no_more_received_than_was_shipped(stock):
    stock.receive(10, "G2")
    number = stock.transfer(2)
    assert stock.refused("ship", transfer_number=number, actor="bob", quantity=3).sqlstate == "PB610"
    stock.call("ship", transfer_number=number, actor="bob")
    assert stock.refused("ship", transfer_number=number, actor="bob").sqlstate == "PB610"
    assert stock.refused("arrive", transfer_number=number, actor="ann", quantity=3).sqlstate == "PB610"


def test_the_same_act_again_changes_nothing(stock):
    stock.receive(10, "G2")
    number = stock.transfer(4)
    for act in ("ship", "arrive"):
        first, again = (
            stock.call(act, transfer_number=number, actor="bob", quantity=2, operation_number=f"{act} 1") for _ in "12"
        )
        assert first == again
    assert (stock.on_hand("G2"), stock.on_hand("G1")) == (8, 2)


def test_stock_of_another_garage_that_is_promised_asks_for_its_transfer_by_itself(stock):
    stock.receive(10, "G2")
    stock.reserve("R1", 2, allows_other_garages=True)
    (transfer,) = stock.rows("select * from garage_inventory.transfer_states")
    assert (transfer["from_garage_code"], transfer["to_garage_code"]) == ("G2", "G1")
    assert (transfer["open_quantity"], transfer["reservation_number"]) == (2, "R1")


def test_shipping_takes_the_promise_along_and_asks_nobody_else_for_the_same_units(stock):
    stock.receive(10, "G2")
    stock.receive(10, "G3")
    stock.reserve("R1", 2, allows_other_garages=True)
    (number,) = [row["transfer_number"] for row in stock.rows("select * from garage_inventory.transfer_states")]
    stock.call("ship", transfer_number=number, actor="bob")
    state = stock.state("R1")
    assert (state["reserved_quantity"], state["backordered_quantity"], state["pegs"]) == (0, 2, {})
    stock.receive(1, "G3")
    assert len(stock.rows("select * from garage_inventory.transfer_states")) == 1
    assert stock.drift() == []


def test_what_arrives_for_a_reservation_is_its_own_before_whoever_waits_longer(stock):
    stock.reserve("FIRST", 2, need_by_at=ago(days=-1))
    stock.receive(2, "G2")
    stock.reserve("R1", 2, allows_other_garages=True, need_by_at=ago(days=-9))
    (number,) = [row["transfer_number"] for row in stock.rows("select * from garage_inventory.transfer_states")]
    stock.call("ship", transfer_number=number, actor="bob")
    stock.call("arrive", transfer_number=number, actor="ann")
    assert stock.state("R1")["pegs"] == {"G1:": 2}
    assert stock.state("FIRST")["reserved_quantity"] == 0
    assert stock.drift() == []


def test_what_arrives_under_an_open_hold_is_held_and_promised_to_nobody(stock):
    stock.receive(2, "G2")
    stock.reserve("R1", 2, allows_other_garages=True)
    (number,) = [row["transfer_number"] for row in stock.rows("select * from garage_inventory.transfer_states")]
    stock.call("ship", transfer_number=number, actor="bob")
    stock.rows(
        "select * from quality_hold.place(hold_number => 'H1', scope_code => 'PART', hold_reason_code => 'PACKAGING',"
        " actor => 'eve', part_id => %s, garage_code => 'G1', is_open => true)",
        stock.p1,
    )
    stock.call("arrive", transfer_number=number, actor="ann")
    held = stock.rows("select held_quantity, reserved_quantity from garage_inventory.cells where condition_code = 'NEW'"
                      " and garage_code = 'G1'")  # fmt: skip
    assert held == [{"held_quantity": 2, "reserved_quantity": 0}]
    assert stock.state("R1")["backordered_quantity"] == 2
    assert stock.drift() == []


def test_what_arrives_in_parts_is_promised_in_parts(stock):
    stock.receive(5, "G2")
    stock.reserve("R1", 5, allows_other_garages=True)
    (number,) = [row["transfer_number"] for row in stock.rows("select * from garage_inventory.transfer_states")]
    stock.call("ship", transfer_number=number, actor="bob")
    for part, got in ((2, 2), (3, 5)):
        stock.call("arrive", transfer_number=number, actor="ann", quantity=part)
        assert stock.state("R1")["reserved_quantity"] == got
    assert stock.state("R1")["last_event_type_code"] == "RESERVED"


def test_a_reservation_that_ends_gives_up_its_transfer(stock):
    stock.receive(5, "G2")
    stock.reserve("R1", 5, allows_other_garages=True)
    _end(stock, "R1")
    (transfer,) = stock.rows("select * from garage_inventory.transfer_states")
    assert (transfer["state_code"], transfer["open_quantity"]) == ("CANCELLED", 0)


def test_what_was_sent_for_a_reservation_that_ended_on_the_way_goes_to_the_queue(stock):
    stock.receive(2, "G2")
    stock.reserve("R1", 2, allows_other_garages=True)
    stock.reserve("NEXT", 1)
    (number,) = [row["transfer_number"] for row in stock.rows("select * from garage_inventory.transfer_states")]
    stock.call("ship", transfer_number=number, actor="bob")
    _end(stock, "R1")
    stock.call("arrive", transfer_number=number, actor="ann")
    assert [stock.state(one)["reserved_quantity"] for one in ("R1", "NEXT")] == [0, 1]
    assert stock.drift() == []


def test_a_transfer_that_a_reservation_counts_on_is_not_cancelled_by_hand(stock):
    stock.receive(2, "G2")
    stock.reserve("R1", 2, allows_other_garages=True)
    (number,) = [row["transfer_number"] for row in stock.rows("select * from garage_inventory.transfer_states")]
    assert stock.refused("cancel_transfer", transfer_number=number, reason="no", actor="bob").sqlstate == "PB609"
    plain = stock.transfer(1, to="G3")
    stock.call("cancel_transfer", transfer_number=plain, reason="not needed", actor="bob")
    assert stock.transfer_state(plain)["state_code"] == "CANCELLED"


def test_a_core_travels_as_a_core(stock):
    stock.receive(2, "G2", condition_code="CORE")
    number = stock.transfer(2, condition_code="CORE")
    stock.call("ship", transfer_number=number, actor="bob")
    stock.call("arrive", transfer_number=number, actor="ann")
    assert stock.on_hand("G1", "CORE") == 2


def _end(stock: Stock, number: str) -> None:
    """Cancel a reservation as a garage's file does."""
    from tests.support import network

    state = stock.state(number)
    network.insert(
        stock.connection, "reservation.events", reservation_number=number, event_type_code="CANCELLED",
        sequence_number=state["last_sequence_number"] + 1, garage_code=state["garage_code"], part_id=stock.p1,
        quantity=0, work_order_number=number, work_order_line="1", priority=5, event_at=ago(minutes=0),
    )  # fmt: skip


class Travels(RuleBasedStateMachine):
    """Receipts, sales, transfers and promises in any order: nothing appears, nothing vanishes, nobody has it twice."""

    stock: Stock

    def __init__(self):
        super().__init__()
        network_part = self.stock.value("select count(*) from catalogue.parts")
        self.stock.p1 = self.stock.part(f"P{network_part + 1}", unit_cost_amount=1)
        self.expected = Decimal(0)
        self.numbers: list[str] = []

    @rule(garage=st.sampled_from(["G1", "G2", "G3"]), quantity=st.integers(1, 9))
    def receive(self, garage, quantity):
        self.stock.receive(quantity, garage)
        self.expected += quantity

    @rule(garage=st.sampled_from(["G1", "G2"]), quantity=st.integers(1, 9))
    def sell(self, garage, quantity):
        self.stock.move(-quantity, garage, event_at=ago(minutes=0))
        self.expected -= quantity

    @rule(quantity=st.integers(1, 5), to=st.sampled_from(["G1", "G3"]))
    def ask(self, quantity, to):
        self.stock.transfer(quantity, to)

    @rule(quantity=st.integers(1, 5), garage=st.sampled_from(["G1", "G2", "G3"]))
    def reserve(self, quantity, garage):
        number = f"R{self.stock.value('select count(*) from reservation.states')}"
        self.stock.reserve(number, quantity, garage, allows_other_garages=True)

    @precondition(lambda self: self._numbers("open_quantity"))
    @rule(data=st.data())
    def ship(self, data):
        self._act("ship", "open_quantity", data)

    @precondition(lambda self: self._numbers("in_transit_quantity"))
    @rule(data=st.data())
    def arrive(self, data):
        self._act("arrive", "in_transit_quantity", data)

    def _numbers(self, what: str) -> list[tuple[str, Decimal]]:
        query = f"select transfer_number, {what} from garage_inventory.transfer_states where part_id = %s"
        return [tuple(row.values()) for row in self.stock.rows(f"{query} and {what} > 0 order by 1", self.stock.p1)]

    def _act(self, act: str, what: str, data) -> None:
        number, most = data.draw(st.sampled_from(self._numbers(what)))
        quantity = data.draw(st.integers(1, int(most)))
        before = self.stock.total()
        try:
            self.stock.call(act, transfer_number=number, actor="bob", quantity=quantity)
        except Exception as error:
            if getattr(error, "sqlstate", "") not in ("PB610", "PB611"):
                raise
        assert self.stock.total() == before

    @invariant()
    def nothing_appears_or_vanishes(self):
        assert self.stock.total() == self.expected
        assert self.stock.drift() == []


def test_the_network_total_is_constant_at_every_step_of_any_transfers(stock):
    limits = settings(
        max_examples=12, stateful_step_count=12, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(type("TravelsHere", (Travels,), {"stock": stock}), settings=limits)


@pytest.mark.parametrize("act", [("arrive", {"quantity": 2}), ("ship", {"quantity": 1}), ("ship", {"lot_number": "L"})])
def test_a_number_of_an_act_is_not_used_for_another_one(stock, act):
    stock.receive(10, "G2")
    number = stock.transfer(4)
    stock.call("ship", transfer_number=number, actor="bob", quantity=2, operation_number="X")
    name, given = act
    assert stock.refused(name, transfer_number=number, actor="bob", operation_number="X", **given).sqlstate == "PB604"
    assert (stock.on_hand("G2"), stock.on_hand("G1")) == (8, 0)
