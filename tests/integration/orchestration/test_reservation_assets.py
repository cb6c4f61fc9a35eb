"""Reservations in runs: what a batch got, what is overdue, and the schedule that looks."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from assets.reservation import reservation_events, reservation_states
from assets.resources import Clock, Folders, InventoryDatabase
from ingest.landing import land
from orchestration.jobs import expire_reservations
from orchestration.schedules import expire_reservations_often
from tests.support.ingest_files import COUNT, GARAGE, HOLD, PART, RESERVATION, Ingest, lines, write

NAMES = ("drop", "landing", "exports", "reports", "data_docs", "profiles", "outcomes", "outbox")


@pytest.fixture
def ingest(stores, tmp_path):
    made = Ingest(stores.pipeline, tmp_path)
    for content in (lines(GARAGE), lines(PART), lines(COUNT, {"counted_quantity": "4"}), lines(HOLD)):
        made(content)
    yield made
    made.connection.close()


def request(number: int, quantity: str, **changes: str) -> dict[str, str]:
    return {
        "reservation_number": f"R{number}", "event_type_code": "REQUESTED", "quantity": quantity,
        "work_order_number": f"W{number}", "event_at": f"2024-02-0{number + 1}T10:00:00Z", **changes,
    }  # fmt: skip


def run(asset, resources) -> tuple[dict, dict]:
    """Metadata of the asset, and whether each of its checks passed."""
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([asset], resources=resources, instance=instance, raise_on_error=True)
    [event] = done.asset_materializations_for_node(asset.op.name)
    checks = {check.check_name: check.passed for check in done.get_asset_check_evaluations()}
    return {name: value.value for name, value in event.metadata.items() if name.endswith("_count")}, checks


def test_a_run_tells_what_the_requests_of_its_batches_got_and_why_others_wait(ingest, stores, tmp_path):
    content = lines(RESERVATION, request(1, "2"), request(2, "2"), request(3, "1"))
    path = write(tmp_path, "requests.csv", content)
    land(ingest.connection, tmp_path / "landing", path, source_code="G1", kind="reservation")
    resources = {
        "inventory_db": InventoryDatabase(url=stores.pipeline),
        "folders": Folders(**{name: str(tmp_path / name) for name in NAMES}),
    }
    told, _ = run(reservation_events, resources)
    assert (told["reserved_count"], told["partially_reserved_count"], told["backordered_count"]) == (1, 1, 1)
    assert told["short_of_on_hold_count"] == 2


def test_a_run_lets_lapse_by_its_clock_and_tells_lines_that_are_reserved_twice(ingest, stores):
    overdue = request(1, "1", expires_at="2024-03-01T00:00:00Z")
    ingest(lines(RESERVATION, overdue, request(2, "1"), request(3, "1", work_order_number="W2")))
    resources = {"inventory_db": InventoryDatabase(url=stores.pipeline), "clock": Clock(fixed="2024-02-20T00:00:00Z")}
    told, checks = run(reservation_states, resources)
    assert (told["lapsed_count"], told["reserved_count"], checks) == (0, 3, {"lines_reserved_once": False})
    told, _ = run(reservation_states, {**resources, "clock": Clock(fixed="2024-03-02T00:00:00Z")})
    assert (told["lapsed_count"], told["expired_count"], told["reserved_count"]) == (1, 1, 2)


def test_the_schedule_runs_where_something_is_overdue_and_its_job_lets_it_lapse(ingest, stores):
    database = InventoryDatabase(url=stores.pipeline)

    def tick(clock: Clock) -> dg.RunRequest | dg.SkipReason:
        context = dg.build_schedule_context(scheduled_execution_time=datetime(2024, 3, 2, tzinfo=UTC))
        return expire_reservations_often(context, inventory_db=database, clock=clock)

    assert isinstance(tick(Clock()), dg.SkipReason)
    ingest(lines(RESERVATION, request(1, "1", expires_at="2024-03-01T00:00:00Z")))
    assert isinstance(tick(Clock(fixed="2024-03-02T00:00:00Z")), dg.SkipReason)
    assert isinstance(tick(Clock()), dg.RunRequest)
    assert expire_reservations_often.default_status == dg.DefaultScheduleStatus.RUNNING
    assert expire_reservations.execute_in_process(resources={"inventory_db": database}).success
    assert isinstance(tick(Clock()), dg.SkipReason)
    state = ingest.connection.execute(
        "select last_event_type_code, reserved_quantity from reservation.states"
    ).fetchone()
    assert state == ("EXPIRED", 0)
