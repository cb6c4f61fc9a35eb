"""The sweep as Dagster runs it: by the as-of of its run, once, with a look at what is overdue."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from assets.names import HOLD_RULES
from assets.quality_hold import hold_rules
from assets.resources import Clock, InventoryDatabase
from orchestration.schedules import sweep_holds_quarterly
from tests.support.holds import Shelf


@pytest.fixture
def shelf(stores):
    """A lot that expired on 1 March."""
    made = Shelf(stores.pipeline)
    made.garage("G1", "Europe/Berlin")
    made.lot("A", "2026-03-01")
    made.move(4, "A")
    yield made
    made.connection.close()


def materialize(shelf: Shelf, at: str):
    resources = {"inventory_db": InventoryDatabase(url=shelf.url), "clock": Clock(fixed=at)}
    done = dg.materialize([hold_rules], selection=[HOLD_RULES], resources=resources)
    [event] = done.get_asset_materialization_events()
    [check] = done.get_asset_check_evaluations()
    return {name: value.value for name, value in event.materialization.metadata.items()}, check


def test_a_run_holds_what_expired_once_and_names_what_is_overdue(shelf):
    told, check = materialize(shelf, "2026-03-02T00:00:00+00:00")
    assert (told["held_cells"], told["dagster/row_count"], check.passed) == (1, 1, True)
    assert shelf.cells() == {("G1", "A"): (4, 4, 0, 0)}
    told, check = materialize(shelf, "2026-06-01T00:00:00+00:00")
    assert (told["held_cells"], told["released_cells"], check.passed) == (0, 0, False)
    assert "EXPIRED-G1-A" in check.metadata["summary"].value


def test_the_schedule_runs_only_where_something_is_due(shelf):
    def tick(at: str):
        context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 3, 2, tzinfo=UTC))
        resources = {"inventory_db": InventoryDatabase(url=shelf.url), "clock": Clock(fixed=at)}
        return sweep_holds_quarterly(context, **resources)

    assert isinstance(tick("2026-02-28T22:45:00+00:00"), dg.SkipReason)
    assert isinstance(tick("2026-02-28T23:00:00+00:00"), dg.RunRequest)
    materialize(shelf, "2026-03-02T00:00:00+00:00")
    assert isinstance(tick("2026-03-02T00:15:00+00:00"), dg.SkipReason)
