"""Counts as of the moment of counting: stock moves on, late lines restate the variance and never the balance (F1)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.stock import NOW, Stock, ago


def variance(stock: Stock, number: str) -> dict[str, Any]:
    return stock.rows("select * from garage_inventory.count_variances where count_number = %s", number)[0]


def test_what_is_sold_while_counting_is_neither_lost_nor_counted_twice(stock):
    stock.move(20, event_at=ago(days=9))
    stock.move(-3, event_at=ago(days=5, hours=-1))
    number = stock.count(19, event_at=ago(days=5))
    stock.move(-2, event_at=ago(days=5, minutes=1))
    assert stock.on_hand() == 16
    counted = variance(stock, number)
    assert (counted["expected_quantity"], counted["variance_quantity"], counted["variance_amount"]) == (18, 1, 10)


def test_a_movement_older_than_the_count_changes_its_variance_and_never_the_balance(stock):
    stock.move(20, event_at=ago(days=9))
    number = stock.count(15, event_at=ago(days=5))
    assert variance(stock, number)["variance_quantity"] == -5
    stock.move(-5, event_at=ago(days=6))
    assert stock.on_hand() == 15
    assert variance(stock, number)["variance_quantity"] == 0


def test_a_restated_variance_still_says_what_was_first_known(stock):
    stock.move(20, event_at=ago(days=9), recorded_at=ago(days=9))
    number = stock.count(15, event_at=ago(days=5), recorded_at=ago(days=4))
    stock.move(-5, event_at=ago(days=6), recorded_at=ago(days=1))
    counted = variance(stock, number)
    assert (counted["first_variance_quantity"], counted["variance_quantity"]) == (-5, 0)
    assert counted["is_restated"]
    then = "select variance_quantity from garage_inventory.count_variances_at(%s) where count_number = %s"
    assert [stock.value(then, ago(days=days), number) for days in (3, 0)] == [-5, 0]
    assert stock.rows("select * from garage_inventory.count_variances_at(%s)", ago(days=8)) == []


def test_a_count_of_several_bins_is_one_count(stock):
    stock.move(10, event_at=ago(days=9))
    number = stock.count(6, bin_code="A1")
    stock.count(4, count_number=number, bin_code="B7")
    counted = variance(stock, number)
    assert (counted["counted_quantity"], counted["variance_quantity"]) == (10, 0)


@pytest.mark.parametrize(
    ("expected", "found", "is_beyond"),
    [(10, 9, False), (10, 8, True), (0, 1, False), (100, 95, False), (100, 94, True), (100, 106, True), (-4, 0, True)],
)
def test_a_count_is_done_again_beyond_one_unit_and_five_percent(stock, expected, found, is_beyond):
    stock.move(expected or 1, event_at=ago(days=9))
    if not expected:
        stock.move(-1, event_at=ago(days=8))
    assert variance(stock, stock.count(found))["needs_recount"] is is_beyond


def test_a_dear_unit_is_counted_again_though_it_is_one(stock):
    stock.part("P1", unit_cost_amount=2000, valid_from_at=ago(days=100))
    stock.move(10, event_at=ago(days=9))
    assert variance(stock, stock.count(9))["needs_recount"]


def test_a_later_count_settles_the_one_before(stock):
    stock.move(10, event_at=ago(days=9))
    first = stock.count(5, event_at=ago(days=5))
    assert variance(stock, first)["needs_recount"]
    second = stock.count(5, event_at=ago(days=4))
    assert not variance(stock, first)["needs_recount"]
    assert variance(stock, second)["variance_quantity"] == 0


def test_the_first_count_of_a_cell_opens_it_and_is_no_variance(stock):
    counted = variance(stock, stock.count(50))
    assert (counted["is_opening"], counted["needs_recount"]) == (True, False)


def test_what_a_garages_own_system_says_is_a_finding_and_no_balance(stock):
    stock.move(10, event_at=ago(days=9))
    number = stock.count(10, system_quantity=7)
    assert stock.on_hand() == 10
    assert variance(stock, number)["system_difference_quantity"] == -3
    (found,) = stock.rows("select exception_code, document_number, quantity from garage_inventory.exceptions")
    assert found == {"exception_code": "SYSTEM_DIFFERENCE", "document_number": number, "quantity": -3}


def test_a_rule_of_a_garage_goes_before_that_of_all(stock):
    stock.connection.execute(
        "insert into garage_inventory.count_rules (garage_code, valid_from_at, tolerance_quantity, tolerance_pct,"
        " source_code, actor) values ('G1', '-infinity', 100, 0, 'test', 'boss')"
    )
    for garage in ("G1", "G2"):
        stock.move(10, garage, event_at=ago(days=9))
    judged = [variance(stock, stock.count(1, garage))["needs_recount"] for garage in ("G1", "G2")]
    assert judged == [False, True]


FACTS = st.lists(
    st.tuples(st.sampled_from(["move", "count"]), st.integers(1, 30), st.integers(0, 12)), min_size=1, max_size=10
)


def model(facts: list[tuple[str, int, int]]) -> tuple[Decimal, dict[int, Decimal]]:
    """The balance and the variance of each count, worked out one fact after the other in the order of events."""
    balance, variances = Decimal(0), {}
    ordered = sorted(enumerate(facts), key=lambda one: (one[1][1], one[1][0] == "count", one[0]))
    for place, (what, _, quantity) in ordered:
        if what == "move":
            balance += quantity - 6 or 1
        else:
            variances[place] = quantity - balance
            balance = Decimal(quantity)
    return balance, variances


@settings(
    max_examples=25, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(facts=FACTS)
def test_facts_in_any_order_of_arrival_give_the_balance_and_variances_of_their_own_order(stock, facts):
    number = stock.value("select count(*) from catalogue.parts") + 1
    stock.p1 = stock.part(f"P{number}", unit_cost_amount=1)
    for place, (what, day, quantity) in enumerate(facts):
        moment = NOW - timedelta(days=60 - day)
        if what == "move":
            stock.move(quantity - 6 or 1, event_at=moment)
        else:
            # Counts of one moment follow each other by their number.
            stock.count(quantity, event_at=moment, count_number=f"C{number}-{place:03}")
    balance, variances = model(facts)
    found = stock.rows(
        "select count_number, variance_quantity from garage_inventory.count_variances where part_id = %s", stock.p1
    )
    assert stock.on_hand() == balance
    assert {int(row["count_number"][-3:]): row["variance_quantity"] for row in found} == variances
    at = stock.rows("select on_hand_quantity from garage_inventory.cells_at(%s, 'G1', now(), now())", stock.p1)
    assert [row["on_hand_quantity"] for row in at] == [balance]
