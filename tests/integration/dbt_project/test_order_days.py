"""Stock lasts until the order after the next has come: how often a supplier takes orders, or a rule looks."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support import network
from tests.support.network import AS_OF, LONG_AGO
from tests.support.refill import rebuild

STATED = ("stg_replenishment__supplier_terms", "stg_catalogue__stocking_policies", "stg_replenishment__demand_uplifts")


@pytest.fixture
def store(shared_stores):
    """Each test states its own terms and rules."""
    with psycopg.connect(shared_stores.owner, autocommit=True) as connection:
        yield connection
        connection.execute(
            "truncate replenishment.supplier_terms, catalogue.stocking_policies, replenishment.demand_uplifts"
        )


def takes_orders(store, *weekdays: int) -> None:
    network.insert(
        store, "replenishment.supplier_terms", supplier_code="S1", valid_from_at=LONG_AGO, currency_code="EUR",
        order_weekdays=list(weekdays), payload_hash=b"\0",
    )  # fmt: skip


def line(stores, *changed: str) -> dict:
    rebuild(stores.pipeline, AS_OF, *STATED, *changed)
    with psycopg.connect(stores.pipeline, row_factory=dict_row) as connection:
        query = "select * from marts.fct_replenishment_proposals where part_number = 'P1'"
        return connection.execute(query).fetchone()


@pytest.mark.parametrize(
    ("weekdays", "review", "point", "arrives"),
    [((1,), 7, 58, 6), ((2, 4), 5, 50, 7), ((1, 3, 5), 3, 42, 6), ((1, 2, 3, 4, 5), 0, 30, 6)],
)
def test_who_takes_orders_on_some_days_is_ordered_from_for_longer(
    shared_stores, store, weekdays, review, point, arrives
):
    """F9, F11: 4 a day for five days and the review, and 1.644854 x 4 x 1.5 = 9.869 of safety stock, rounded up."""
    takes_orders(store, *weekdays)
    one = line(shared_stores)
    assert (one["review_days"], one["reorder_point_quantity"]) == (review, point)
    # Up to the point and the economic lot of 69, less the 7 that are there, in packs of 12.
    assert one["order_up_to_quantity"] == point + 69
    assert one["proposed_quantity"] == -(-(point + 62) // 12) * 12
    assert f"{4 * (5 + review)} expected in {5 + review} days" in one["explanation"]
    # The 1st of April is a Monday.
    assert one["expected_on"] == date(2002, 4, arrives)


@pytest.mark.parametrize(("by_rule", "review", "point"), [(14, 14, 86), (2, 7, 58)])
def test_a_rule_has_a_part_looked_at_less_often_and_not_more_often(shared_stores, store, by_rule, review, point):
    takes_orders(store, 1)
    network.stocking_rule(store, "P1", review_days=by_rule)
    one = line(shared_stores)
    assert (one["review_days"], one["reorder_point_quantity"]) == (review, point)


@pytest.mark.parametrize(("first", "point"), [(date(2002, 4, 20), 86), (date(2002, 4, 10), 132)])
def test_a_campaign_counts_by_the_days_that_a_rule_has_stock_last(shared_stores, store, first, point):
    """Twice as much from the 10th on: 4 more for 10 of 19 days, 15.063 of safety stock; the 20th is none of them."""
    network.uplift(store, 100, first, date(2002, 5, 31), garage_code="G1")
    network.stocking_rule(store, "P1", review_days=14)
    assert line(shared_stores)["reorder_point_quantity"] == point


def test_an_order_is_due_on_the_last_order_day_from_which_it_comes_in_time(network_stores):
    """55 free units last to the 14th; five days before is Tuesday, the 9th, and orders are taken on Mondays."""
    with psycopg.connect(network_stores.owner) as connection:
        takes_orders(connection, 1)
        network.count(connection, "P1", 60, AS_OF - timedelta(hours=3))
    one = line(network_stores, "int_stock_balances")
    assert (one["need_by_on"], one["order_by_on"]) == (date(2002, 4, 14), date(2002, 4, 8))
