"""Orders as Dagster places them: when something is due, each once, and with a failure that names who got none."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from assets.names import ACKNOWLEDGEMENTS
from assets.replenishment import answers_fit, orders_answered
from assets.resources import Clock, Folders, InventoryDatabase
from orchestration.jobs import place_orders
from orchestration.schedules import place_orders_quarterly
from tests.support.orders import Orders
from tests.support.planning import Planner


@pytest.fixture
def orders(stores):
    made = Orders(stores.owner)
    yield made
    made.connection.close()


@pytest.fixture
def resources(stores, tmp_path):
    names = ("drop", "landing", "exports", "reports", "data_docs", "profiles", "outcomes", "outbox")
    return {
        "inventory_db": InventoryDatabase(url=stores.pipeline),
        "folders": Folders(**{name: str(tmp_path / name) for name in names}),
        "clock": Clock(fixed=""),
    }


@pytest.fixture
def approved(stores, orders):
    """A line that a planner approved."""
    planner = Planner(stores.owner)
    planner.propose(1, 10, part_id=orders.p1, numbers={"part_number": "P1", "pack_quantity": 1})
    assert planner.decide("APPROVE", 1).outcome_code == "DONE"
    yield
    planner.connection.close()


def tick(resources):
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 3, 2, tzinfo=UTC))
    return place_orders_quarterly(context, inventory_db=resources["inventory_db"], clock=resources["clock"])


def test_what_is_approved_is_ordered_and_sent_once(approved, resources, tmp_path):
    assert isinstance(tick(resources), dg.RunRequest)
    assert place_orders.execute_in_process(resources=resources).success
    assert "PO00000001,1," in (tmp_path / "outbox" / "S1" / "orders_000001.csv").read_text()
    assert isinstance(tick(resources), dg.SkipReason)
    assert place_orders.execute_in_process(resources=resources).success
    assert len([*(tmp_path / "outbox" / "S1").iterdir()]) == 1


def test_a_run_fails_and_names_the_supplier_that_got_no_file(approved, resources, tmp_path):
    (tmp_path / "profiles").mkdir()
    profile = tmp_path / "profiles" / "s1.yaml"
    profile.write_text("source_code: S1\nkind: order_ack\norders: {format: pigeon}\n")
    done = place_orders.execute_in_process(resources=resources, raise_on_error=False)
    assert not done.success
    (failure,) = [event for event in done.all_events if event.event_type_value == "STEP_FAILURE"]
    assert "S1: " in failure.event_specific_data.user_failure_data.description
    profile.unlink()
    assert isinstance(tick(resources), dg.RunRequest)
    assert place_orders.execute_in_process(resources=resources).success


def test_the_check_warns_of_an_order_that_nobody_answers(orders, resources):
    @dg.asset(key=ACKNOWLEDGEMENTS)
    def answers() -> None: ...

    def check():
        done = dg.materialize([answers, orders_answered], resources=resources)
        return done.get_asset_check_evaluations()[0]

    assert check().passed
    number = orders.order(10, sent=3)
    assert not check().passed and number in check().metadata["first"].value
    orders.answer(number, "1", "IA", 10, days=1)
    assert check().passed


def test_the_check_warns_of_an_answer_that_does_not_fit(orders, resources):
    @dg.asset(key=ACKNOWLEDGEMENTS)
    def answers() -> None: ...

    def check():
        done = dg.materialize([answers, answers_fit], resources=resources)
        return done.get_asset_check_evaluations()[0]

    number = orders.order(10, sent=3)
    orders.answer(number, "1", "IQ", 12, days=1)
    assert not check().passed
    assert check().metadata["first"].value == f"S1 {number} confirms 12 of 10 that were ordered"
    orders.answer(number, "1", "IA", 10, days=0.5)
    assert check().passed
