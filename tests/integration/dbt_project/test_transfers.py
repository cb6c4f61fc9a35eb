"""What other garages have more than they need is moved before anything is bought, each unit once (F15)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.orders import building
from ingest.planning.acts import Decision, decide
from ingest.replenishment import store_proposals
from tests.support import network
from tests.support.network import AS_OF, LONG_AGO
from tests.support.refill import compute, rebuild

LINES = "select * from marts.fct_replenishment_proposals where part_number = 'P1'"
EVENING = datetime(2002, 3, 31, 20, tzinfo=UTC)
ACTS = "stg_replenishment__planner_acts"


def put(connection, garage: str, number: str, quantity: int) -> None:
    network.insert(
        connection, "garage_inventory.counts", count_number=f"{garage}-{number}-{quantity}", garage_code=garage,
        part_number=number, condition_code="NEW", counted_quantity=quantity, uom_code="EA", event_at=EVENING,
    )  # fmt: skip


@pytest.fixture
def surplus(network_stores):
    """G2 has 40 of P1 and sells none; G3 has 5. G1 needs 92, as if there were nothing elsewhere."""
    with psycopg.connect(network_stores.owner) as connection:
        network.garage(connection, "G3")
        put(connection, "G2", "P1", 40)
        put(connection, "G3", "P1", 5)
    compute(network_stores.pipeline, AS_OF)
    return network_stores


@pytest.fixture
def contested(network_stores):
    """G1 and G3 sell 4 a day each and have stock for 5 and 6 days; G2 can spare 60 and nobody else anything."""
    with psycopg.connect(network_stores.owner) as connection:
        network.garage(connection, "G3")
        network.count(connection, "P1", 10_000, LONG_AGO, garage_code="G3")
        for day in range(1, 400):
            network.use(connection, "P1", 4, AS_OF - timedelta(days=day, hours=-9), garage="G3")
        for garage, quantity in (("G1", 25), ("G2", 60), ("G3", 24)):
            network.count(connection, "P1", quantity, EVENING + timedelta(minutes=5), garage_code=garage)
    compute(network_stores.pipeline, AS_OF)
    with psycopg.connect(network_stores.pipeline, autocommit=True) as connection:
        store_proposals(connection, "run-1", AS_OF)
    return network_stores


def rows(database, query: str) -> list[dict]:
    with psycopg.connect(database.pipeline, row_factory=dict_row) as connection:
        return connection.execute(query).fetchall()


def test_what_others_can_spare_is_moved_and_only_the_rest_is_bought(surplus):
    first, second, bought = sorted(
        rows(surplus, LINES), key=lambda line: (line["line_type_code"] == "BUY", line["from_garage_code"])
    )
    assert (first["from_garage_code"], first["proposed_quantity"]) == ("G2", 40)
    assert (second["from_garage_code"], second["proposed_quantity"]) == ("G3", 5)
    # 92 - 45 = 47, in packs of 12: 48.
    assert (bought["raw_quantity"], bought["transferred_quantity"], bought["proposed_quantity"]) == (92, 45, 48)
    assert bought["rounding_steps"] == [
        {"step": "NEEDED", "quantity": 92}, {"step": "TRANSFERRED", "quantity": 47},
        {"step": "MINIMUM_ORDER", "quantity": 47}, {"step": "PACKS", "quantity": 48},
    ]  # fmt: skip
    assert first["explanation"].endswith("needs 92, G2 has more than it needs itself: 40.")
    assert "45 come from other garages, 47 are left, minimum 10, packs of 12: 48." in bought["explanation"]
    (need,) = rows(surplus, "select * from marts.fct_replenishment_needs where raw_quantity = 92")
    assert (need["line_count"], need["transferred_quantity"], need["bought_quantity"]) == (3, 45, 48)


def test_what_is_moved_is_neither_returned_nor_sold(surplus):
    query = "select * from reports.rpt_excess where part_number = 'P1' order by garage_code"
    names = ("garage_code", "excess_quantity", "action_code", "affected_quantity", "to_garage_code")
    excess = [tuple(row[name] for name in names) for row in rows(surplus, query)]
    assert excess == [("G2", 40, "MOVE", 40, "G1"), ("G3", 5, "MOVE", 5, "G1")]


def test_units_that_are_not_new_stay_where_they_are(network_stores):
    """A transfer asks for new units: 40 that were used before and 5 that a garage overhauled help nobody else."""
    with psycopg.connect(network_stores.owner) as connection:
        put(connection, "G2", "P1", 3)
        for condition, quantity in (("USED", 40), ("REMAN", 5)):
            network.count(connection, "P1", quantity, EVENING, garage_code="G2", condition_code=condition)
    compute(network_stores.pipeline, AS_OF)
    moved, bought = sorted(rows(network_stores, LINES), key=lambda line: line["line_type_code"] == "BUY")
    assert (moved["from_garage_code"], moved["proposed_quantity"]) == ("G2", 3)
    # 92 - 3 = 89, in packs of 12: 96.
    assert (bought["transferred_quantity"], bought["proposed_quantity"]) == (3, 96)
    (left,) = rows(network_stores, "select * from marts.fct_excess_stock where garage_code = 'G2'")
    assert (left["excess_quantity"], left["spare_quantity"], left["left_quantity"]) == (48, 3, 0)


def test_approved_both_ways_nothing_is_asked_for_again(surplus):
    with psycopg.connect(surplus.pipeline, autocommit=True) as connection:
        store_proposals(connection, "run-1", AS_OF)
        lines = [line for line in rows(surplus, LINES) if line["outcome_code"] == "PROPOSED"]
        made = [Decision("APPROVE", line["proposal_id"], 1, str(line["proposal_id"])) for line in lines]
        answers = decide(connection, made, "ann", decided_at=AS_OF)
        assert [answer.outcome_code for answer in answers] == ["DONE"] * 3
        assert building.build(connection, "w1").done == 3
    asked = rows(surplus, "select from_garage_code, quantity, due_at from garage_inventory.transfer_events order by 1")
    assert [(row["from_garage_code"], row["quantity"]) for row in asked] == [("G2", Decimal(40)), ("G3", Decimal(5))]
    assert {row["due_at"] for row in asked} == {datetime(2002, 4, 3, tzinfo=UTC)}
    (ordered,) = rows(surplus, "select ordered_quantity, expected_on::text from replenishment.order_lines")
    assert ordered == {"ordered_quantity": 48, "expected_on": "2002-04-06"}


def told(database) -> dict[tuple, tuple]:
    """Type of line and garage → what became of the line, and how many are moved or bought."""
    return {
        (line["line_type_code"], line["garage_code"]): (line["status_code"], line["proposed_quantity"])
        for line in rows(database, LINES)
    }


def said(database, act_code: str, at: datetime, **more) -> None:
    (line,) = rows(database, f"{LINES} and line_type_code = 'TRANSFER'")
    with psycopg.connect(database.pipeline, autocommit=True) as connection:
        one = Decision(act_code, line["proposal_id"], 1, f"{act_code} {at}", reason="so", **more)
        (answer,) = decide(connection, [one], "ann", decided_at=at)
    assert (answer.outcome_code, answer.problem) == ("DONE", None)


def test_what_is_put_off_goes_to_whoever_needs_it_meanwhile(contested):
    before = told(contested)
    assert before["TRANSFER", "G1"] == ("PROPOSED", 60) and ("TRANSFER", "G3") not in before
    said(contested, "SNOOZE", AS_OF, until_on=date(2002, 4, 3))
    rebuild(contested.pipeline, AS_OF, ACTS)
    after = told(contested)
    assert (after["TRANSFER", "G1"], after["TRANSFER", "G3"]) == (("SNOOZED", 0), ("PROPOSED", 60))
    # Nothing is bought in place of what G1 was to wait for, and 60 less, in twelves, for G3.
    assert after["BUY", "G1"] == before["BUY", "G1"]
    assert after["BUY", "G3"][1] == before["BUY", "G3"][1] - 60
    (excess,) = rows(contested, "select * from reports.rpt_excess where part_number = 'P1'")
    assert (excess["to_garage_code"], excess["affected_quantity"]) == ("G3", 60)
    # Its day has come: who runs out first is served first, as before.
    rebuild(contested.pipeline, AS_OF + timedelta(days=2), ACTS)
    ended = told(contested)
    assert ended["TRANSFER", "G1"] == ("PROPOSED", 60) and ("TRANSFER", "G3") not in ended


def test_what_is_put_off_is_asked_for_again_when_stock_would_run_out(contested):
    said(contested, "SNOOZE", AS_OF, until_on=date(2002, 4, 20))
    with psycopg.connect(contested.owner) as connection:
        network.reservation(connection, "R2", 1, "RESERVED", "P1", 4, EVENING)
    rebuild(contested.pipeline, AS_OF, ACTS, "stg_reservation__events")
    found = told(contested)
    assert found["TRANSFER", "G1"] == ("WOKEN", 60) and ("TRANSFER", "G3") not in found


def test_a_refused_transfer_is_asked_for_again_when_more_wait_than_the_planner_knew_of(contested):
    said(contested, "REJECT", AS_OF, until_on=date(2002, 4, 20))
    rebuild(contested.pipeline, AS_OF, ACTS)
    assert ("TRANSFER", "G1") not in told(contested)
    with psycopg.connect(contested.owner) as connection:
        network.reservation(connection, "R2", 1, "REQUESTED", "P1", 40, EVENING)
    rebuild(contested.pipeline, AS_OF, ACTS, "stg_reservation__events")
    assert told(contested)["TRANSFER", "G1"] == ("WOKEN", 60)
