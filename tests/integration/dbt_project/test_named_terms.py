"""Who names another supplier or another quantity orders on the terms of that supplier at that quantity."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.orders import building
from ingest.planning.acts import Decision, decide
from ingest.replenishment import store_proposals
from tests.support import network
from tests.support.network import AS_OF, LONG_AGO
from tests.support.planning import Planner
from tests.support.refill import compute


@pytest.fixture
def pipeline(network_stores):
    """S2 sells P1 in pounds, in twos of five and twenty at least; what it stated of P3 is no longer a price."""
    with psycopg.connect(network_stores.owner) as store:
        network.supplier(store, supplier_code="S2", supplier_name="Supplier Two", currency_code="GBP", lead_time_days=9)
        terms = {
            "supplier_code": "S2", "currency_code": "GBP", "minimum_order_quantity": 20, "pack_quantity": 5,
            "order_multiple_quantity": 2,
        }  # fmt: skip
        network.offer(store, "P1", unit_price_amount=7, supplier_part_number="TWO-P1", **terms)
        network.offer(store, "P1", unit_price_amount=6, break_quantity=100, supplier_part_number="TWO-P1", **terms)
        network.offer(store, "P3", unit_price_amount=4, effective_to_on=LONG_AGO.date(), **terms)
    compute(network_stores.pipeline, AS_OF)
    with psycopg.connect(network_stores.pipeline, autocommit=True, row_factory=dict_row) as connection:
        store_proposals(connection, "run", AS_OF)
        yield connection


def said(pipeline, number: str, act_code: str = "APPROVE", **more):
    query = (
        "select proposal_id from marts.fct_replenishment_proposals where part_number = %s and line_type_code = 'BUY'"
    )
    proposal_id = pipeline.execute(query, [number]).fetchone()["proposal_id"]
    one = Decision(act_code, proposal_id, 1, f"{number} {more}", reason="so", **more)
    (answer,) = decide(pipeline, [one], "ann", decided_at=AS_OF)
    return answer


def ordered(pipeline) -> dict:
    assert building.build(pipeline, "worker").done == 1
    return pipeline.execute(
        "select supplier_code, currency_code, supplier_part_number, ordered_quantity, pack_quantity, pack_count,"
        " unit_price_amount, expected_on from replenishment.order_lines join replenishment.purchase_orders"
        " using (purchase_order_number)"
    ).fetchone()


@pytest.mark.parametrize(
    ("quantity", "problem"),
    [
        (10, "10 is below the least that the supplier sells, 20"),
        (25, "25 is not in whole packs of 10; the next are 20 and 30"),
        # 96 are proposed, in the twelves of S1.
        (None, "96 is not in whole packs of 10; the next are 90 and 100"),
    ],
)
def test_another_supplier_is_asked_for_what_it_sells(pipeline, quantity, problem):
    answer = said(pipeline, "P1", supplier_code="S2", quantity=quantity and Decimal(quantity))
    assert (answer.outcome_code, answer.field_code, answer.problem) == ("REFUSED", "QUANTITY", problem)


@pytest.mark.parametrize(("quantity", "price"), [(30, 7), (100, 6)])
def test_an_order_to_another_supplier_is_in_its_words_and_its_money(pipeline, quantity, price):
    answer = said(pipeline, "P1", supplier_code="S2", quantity=Decimal(quantity))
    assert answer.outcome_code == "DONE" and answer.terms["unit_price_amount"] == price
    assert ordered(pipeline) == {
        "supplier_code": "S2", "currency_code": "GBP", "supplier_part_number": "TWO-P1", "ordered_quantity": quantity,
        "pack_quantity": 5, "pack_count": quantity / 5, "unit_price_amount": price, "expected_on": date(2002, 4, 10),
    }  # fmt: skip


def test_fewer_than_proposed_are_at_the_price_of_fewer(pipeline):
    """96 are 8 each, from 50 on; 36 are 9 each, and six are not sold."""
    assert said(pipeline, "P1", quantity=Decimal(36)).outcome_code == "DONE"
    line = ordered(pipeline)
    assert (line["supplier_code"], line["ordered_quantity"], line["unit_price_amount"]) == ("S1", 36, 9)
    assert (line["pack_count"], line["expected_on"]) == (3, date(2002, 4, 6))


@pytest.mark.parametrize("act_code", ["APPROVE", "OVERRIDE", "FIRM"])
def test_less_than_the_least_order_is_refused(pipeline, act_code):
    answer = said(pipeline, "P1", act_code, quantity=Decimal(6))
    assert answer.problem == "6 is below the least that the supplier sells, 10"


def test_nothing_of_a_part_is_no_order_and_no_less_than_the_least(pipeline):
    assert said(pipeline, "P1", "OVERRIDE", quantity=Decimal(0)).outcome_code == "DONE"


def test_a_supplier_whose_price_is_over_is_asked_in_its_money_without_one(pipeline):
    assert said(pipeline, "P3", supplier_code="S2", quantity=Decimal(3)).outcome_code == "DONE"
    line = ordered(pipeline)
    assert (line["supplier_code"], line["currency_code"], line["unit_price_amount"]) == ("S2", "GBP", None)
    assert (line["ordered_quantity"], line["pack_quantity"]) == (3, 1)


def test_before_the_first_run_nothing_is_known_of_offers(stores):
    """A decision about what was proposed elsewhere is judged by what was said with it."""
    planner = Planner(stores.pipeline)
    planner.propose(quantity=4, numbers={"minimum_order_quantity": 4})
    answer = planner.decide("APPROVE", quantity=2, reason="x", decided_at=datetime.now(UTC))
    assert (answer.terms, answer.problem) == (None, "2 is below the least that the supplier sells, 4")
    planner.connection.close()
