"""Demand, stock and orders of a replaced part go to the part that replaces it (F16)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import compute


@pytest.fixture
def successor(network_stores):
    """P5 replaces P1, which sells 4 a day, two for one; P6 replaces P2, whose stock is scrapped."""
    with psycopg.connect(network_stores.owner) as connection:
        network.part(connection, "P5", unit_cost_amount=10)
        network.part(connection, "P6", stocking_class_code="C", criticality_code="IMMOBILISING", unit_cost_amount=50)
        network.offer(connection, "P5", unit_price_amount=9)
        network.offer(connection, "P6", unit_price_amount=9)
        network.supersession(connection, "P1", "P5", conversion_quantity=2)
        network.supersession(connection, "P2", "P6", disposition_code="SCRAP")
        network.count(connection, "P2", 9, datetime(2002, 3, 31, 21, tzinfo=UTC))
        network.count(connection, "P5", 7, datetime(2002, 3, 31, 21, tzinfo=UTC))
        network.use(connection, "P5", 1, AS_OF - timedelta(days=3))
        # 90 beside the usual 4.
        network.use(connection, "P1", 90, AS_OF - timedelta(days=40))
    compute(network_stores.pipeline, AS_OF)
    return network_stores


def rows(database, query: str) -> list[dict]:
    with psycopg.connect(database.pipeline, row_factory=dict_row) as connection:
        return connection.execute(query).fetchall()


def test_a_replaced_part_has_no_order_line_and_its_demand_is_the_successors(successor):
    lines = {row["part_number"]: row for row in rows(successor, "select * from marts.fct_replenishment_proposals")}
    assert set(lines) == {"P3", "P5", "P6"}
    # 4 a day of P1 are 8 of P5, and P5 had one of its own; the day of 94 counts as 6 x 4 = 24 of P1, 48 of P5.
    window = (364 * 4 * 2 + 48 + 1) / 365
    assert float(lines["P5"]["daily_mean_quantity"]) == pytest.approx(window, abs=1e-6)
    # 12 of P1, 3 of them held, are 18 of P5, beside 7 of its own.
    assert (lines["P5"]["on_hand_quantity"], lines["P5"]["held_quantity"]) == (31, 6)
    assert (lines["P5"]["sellable_quantity"], lines["P5"]["reserved_quantity"]) == (25, 4)
    # The nine of P2 are scrapped, so P6 has nothing.
    assert (lines["P6"]["sellable_quantity"], lines["P6"]["outcome_code"]) == (0, "PROPOSED")


def test_the_network_knows_demand_by_the_part_that_it_will_be_ordered_as(successor):
    found = rows(
        successor,
        "select part_number, sum(demand_quantity) as quantity from marts.fct_demand_network"
        " inner join marts.dim_parts using (part_id) group by part_number order by part_number",
    )
    # 399 days, the one of 94 capped to 24; P2 was asked for 12 times.
    assert {row["part_number"]: row["quantity"] for row in found} == {
        "P3": 1596,
        "P5": 2 * (398 * 4 + 24) + 1,
        "P6": 12,
    }


def test_a_capped_day_is_listed_with_what_counts_of_it(successor):
    found = rows(successor, "select * from marts.fct_demand_outliers")
    assert [(row["reason_code"], row["demand_quantity"], row["counted_quantity"]) for row in found] == [
        ("OUTLIER", 94, 24)
    ]
    demand = rows(successor, "select max(demand_quantity) as most from marts.fct_demand")
    assert demand == [{"most": 94}]
