"""Stock, reservations and holds as the ledgers come to them: in marts and served, on both axes of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.garage_inventory import count_work
from ingest.served_checks import models_read_at, served_differences
from ingest.serving import serve
from tests.support import network
from tests.support.dbt import Dbt
from tests.support.network import AS_OF
from tests.support.refill import compute


@pytest.fixture
def connection(network_stores):
    """Where facts come in."""
    with psycopg.connect(network_stores.owner, autocommit=True) as opened:
        yield opened


def one(connection, query: str, *values) -> dict | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchone()


def refresh(database, known_at: datetime | None = None) -> None:
    """What a run does with stock: models, then the served table."""
    compute(database.pipeline, AS_OF, known_at)
    with psycopg.connect(database.pipeline) as pipeline:
        serve(pipeline, str(uuid4()), AS_OF, models_read_at(pipeline))


def position(connection, number: str) -> dict | None:
    return one(
        connection, "select * from serving.stock_positions where garage_code = 'G1' and part_number = %s", number
    )


def test_an_event_is_served_by_the_next_run(network_stores, connection):
    refresh(network_stores)
    assert position(connection, "P1")["available_quantity"] == 7
    network.hold(connection, "H2", 1, "PLACED", "P1", 4, AS_OF - timedelta(hours=1))
    refresh(network_stores)
    served = position(connection, "P1")
    assert (served["held_quantity"], served["available_quantity"]) == (7, 3)


def test_the_served_stock_is_what_the_ledgers_come_to_without_the_models(network_stores, connection):
    refresh(network_stores)
    assert served_differences(connection) == []
    connection.execute("update serving.stock_positions set available_quantity = 8 where part_number = 'P1'")
    (breach,) = served_differences(connection)
    assert breach["relation"] == "serving.stock_positions"
    assert breach["key"]["garage_code"] == "G1"
    assert "available_quantity 8 for 7" in breach["message"]


def test_what_came_after_the_models_read_the_ledgers_is_late_and_no_difference(network_stores, connection):
    refresh(network_stores)
    network.hold(connection, "H2", 1, "PLACED", "P1", 4, AS_OF - timedelta(hours=1))
    assert served_differences(connection) == []


def test_a_hold_of_eight_leaves_two_reserved_and_the_third_waiting_with_the_hold_named(network_stores, connection):
    """10 on hand and 3 reserved: F4, from the event to the mart."""
    network.count(connection, "P4", 10, AS_OF - timedelta(days=3))
    network.reservation(connection, "R4", 1, "REQUESTED", "P4", 3, AS_OF - timedelta(days=2))
    network.hold(connection, "H4", 1, "PLACED", "P4", 8, AS_OF - timedelta(days=1))
    refresh(network_stores)
    served = position(connection, "P4")
    assert (served["on_hand_quantity"], served["held_quantity"], served["reserved_quantity"]) == (10, 8, 2)
    assert (served["available_quantity"], served["available_raw_quantity"]) == (0, 0)
    with psycopg.connect(network_stores.pipeline) as pipeline:
        waiting = one(pipeline, "select * from marts.fct_reservations where reservation_number = 'R4'")
        hold = one(pipeline, "select * from marts.fct_quality_holds where hold_number = 'H4'")
    assert (waiting["reserved_quantity"], waiting["backordered_quantity"]) == (2, 1)
    assert (waiting["status_code"], waiting["shortage_reason_code"]) == ("PARTIALLY_RESERVED", "ON_HOLD")
    assert "H4" in [obstacle.get("hold_number") for obstacle in waiting["obstacles"]]
    assert (hold["open_quantity"], hold["age_days"], hold["is_beyond_stock"]) == (8, 1, False)


def test_a_hold_that_is_over_is_told_event_by_event_and_its_campaign_by_garage_and_part(network_stores, connection):
    network.count(connection, "P4", 10, AS_OF - timedelta(days=5))
    steps = [("PLACED", 8), ("SCRAPPED", 3), ("RELEASED", 5)]
    for sequence, (event, quantity) in enumerate(steps, start=1):
        at = AS_OF - timedelta(days=4 - sequence)
        network.hold(connection, "H4", sequence, event, "P4", quantity, at)
    connection.execute("update quality_hold.events set campaign_number = 'C4' where hold_number = 'H4'")
    network.hold(connection, "H5", 1, "PLACED", "P4", 2, AS_OF - timedelta(hours=3))
    refresh(network_stores)
    with psycopg.connect(network_stores.pipeline) as pipeline:
        events = pipeline.execute(
            "select event_type_code, change_quantity, open_quantity from marts.fct_quality_hold_events"
            " where hold_number = 'H4' order by sequence_number"
        ).fetchall()
        found = one(pipeline, "select * from marts.fct_recalled_stock")
        open_holds = pipeline.execute("select hold_number from marts.fct_quality_holds order by 1").fetchall()
    assert events == [("PLACED", 8, 8), ("SCRAPPED", -3, 5), ("RELEASED", -5, 0)]
    assert (found["campaign_number"], found["garage_code"], found["found_quantity"]) == ("C4", "G1", 8)
    assert (found["scrapped_quantity"], found["released_quantity"], found["settled_pct"]) == (3, 5, 100)
    assert open_holds == [("H1",), ("H5",)]
    tested = Dbt(network_stores.pipeline)("test", "--select", "assert_hold_events_come_to_open_holds", as_of=AS_OF)
    assert tested == {"assert_hold_events_come_to_open_holds": "pass"}


def test_a_count_is_told_step_by_step_and_comes_to_the_state_that_its_task_has(network_stores, connection):
    days = {number: AS_OF - timedelta(days=number) for number in range(1, 10)}
    network.count(connection, "P4", 10, days[9])
    [p4] = connection.execute("select catalogue.part_id('BRND', 'P4')").fetchone()
    number, _ = count_work.request(connection, "G1", "ann", [p4], "look again", at=days[8])
    count_work.take_up(connection, "G1", "carl", at=days[7])
    for name, quantity, day in ((number, 4, 6), (f"{number}/2", 5, 5)):
        network.count(connection, "P4", quantity, days[day], count_number=name, actor="carl")
    count_work.review(connection, number, "never entered", "bob", at=days[4])
    refresh(network_stores)
    with psycopg.connect(network_stores.pipeline) as pipeline:
        steps = pipeline.execute(
            "select event_type_code, round_count, counted_quantity, variance_quantity, actor, open_days"
            " from marts.fct_count_events where count_number = %s order by step_number",
            [number],
        ).fetchall()
        [state] = pipeline.execute("select state_code from garage_inventory.count_tasks").fetchone()
    assert steps == [
        ("REQUESTED", 0, None, None, "ann", 0), ("COUNTING", 0, None, None, "carl", 1),
        ("COUNTED", 1, 4, -6, "carl", 2), ("COUNTED", 2, 5, 1, "carl", 3), ("REVIEWED", 2, None, -5, "bob", 4),
    ]  # fmt: skip
    assert state == "REVIEWED"


def test_what_was_known_at_a_moment_is_what_had_been_recorded_by_then(network_stores, connection):
    known_at = datetime.now(UTC)
    network.count(connection, "P4", 10, AS_OF - timedelta(days=3))
    refresh(network_stores)
    assert position(connection, "P4")["on_hand_quantity"] == 10
    refresh(network_stores, known_at=known_at)
    assert position(connection, "P4") is None


def test_a_reservation_past_its_expiry_is_over_before_and_after_the_sweep(network_stores, connection):
    network.count(connection, "P4", 10, AS_OF - timedelta(days=3))
    with psycopg.connect(network_stores.pipeline) as pipeline:
        pipeline.execute(
            "select reservation.reserve('R9', 'G1', catalogue.part_id('BRND', 'P4'), 2, 'W9', '1', 'ann',"
            " expires_at => %s, requested_at => %s)",
            [AS_OF - timedelta(hours=1), AS_OF - timedelta(days=1)],
        )
    refresh(network_stores)
    before = position(connection, "P4")
    assert (before["reserved_quantity"], before["available_quantity"]) == (0, 10)
    assert served_differences(connection) == []
    connection.execute("select reservation.expire(%s)", [AS_OF])
    refresh(network_stores)
    after = position(connection, "P4")
    assert (after["reserved_quantity"], after["available_quantity"]) == (0, 10)
    assert served_differences(connection) == []
