"""What the code location holds, and what loading it costs in imports."""

from __future__ import annotations

import json
import subprocess
import sys

import dagster as dg
import pytest

from assets.resources import Folders
from ingest.readers.limits import Limits
from ingest.thresholds import Thresholds
from tests.support.refill import after_forecast

STORE_WORDS = {
    "catalogue", "supplier_feed", "garage_inventory", "reservation", "replenishment", "quality_hold", "audit",
}  # fmt: skip
GROUPS = STORE_WORDS | {
    "network", "stock", "demand", "policies", "supply", "proposals", "warehouse", "serving", "operations",
}  # fmt: skip


@pytest.fixture(scope="module")
def defs():
    from orchestration.definitions import defs

    return defs


@pytest.fixture(scope="module")
def graph(defs):
    return defs.resolve_asset_graph()


def test_loading_imports_neither_great_expectations_nor_statsforecast():
    program = (
        "import sys, json, orchestration.definitions as d; d.defs.resolve_job_def('refresh_stock');"
        "print(json.dumps([m for m in ('great_expectations', 'statsforecast') if m in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout.splitlines()[-1]) == []


def test_every_asset_has_an_owner_a_kind_a_group_and_a_plain_first_line(graph):
    gaps = []
    for node in graph.asset_nodes:
        name = node.key.to_user_string()
        if not node.owners:
            gaps.append(f"{name}: no owner")
        if not node.kinds:
            gaps.append(f"{name}: no kind")
        if node.group_name not in GROUPS:
            gaps.append(f"{name}: group {node.group_name}")
        first = (node.description or "").split("\n")[0]
        if not first or "**" in first:
            gaps.append(f"{name}: first line of description is {first!r}")
    assert not gaps


def test_every_store_has_its_group_and_no_group_is_too_large_to_look_at(graph):
    sizes: dict[str, int] = {}
    for node in graph.asset_nodes:
        sizes[node.group_name] = sizes.get(node.group_name, 0) + 1
    assert set(sizes) >= STORE_WORDS
    assert max(sizes.values()) <= 25


def test_every_store_table_and_mart_shows_its_columns_with_descriptions(graph):
    gaps = []
    for node in graph.asset_nodes:
        is_table = node.key.path[0] in STORE_WORDS | {"marts", "reports"} and node.key.path[1] != "report"
        if not is_table:
            continue
        schema = node.metadata.get("dagster/column_schema")
        schema = getattr(schema, "value", schema)
        if schema is None or not schema.columns or not all(column.description for column in schema.columns):
            gaps.append(node.key.to_user_string())
    assert not gaps


def test_the_models_are_built_in_two_passes_and_no_more(defs):
    steps = [node.name for node in defs.resolve_job_def("refresh_stock").nodes]
    assert sorted(step for step in steps if step.startswith("models_of")) == ["models_of_demand", "models_of_supply"]


def test_what_waits_for_the_forecast_is_what_stands_on_it_and_what_people_read(defs):
    from assets.warehouse import models_of_demand, models_of_supply

    assert {key.path[-1] for key in models_of_supply.keys} == after_forecast()
    assert not models_of_demand.keys & models_of_supply.keys


def test_dbt_tests_and_expectations_are_asset_checks(graph):
    names = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    assert ("supplier_feed/offers", "expectations") in names
    assert ("audit/records", "chain") in names
    assert ("garage_inventory/movements", "folds_are_served") in names
    assert any(asset == "marts/fct_demand" for asset, _ in names)


def test_every_sensor_and_schedule_says_that_it_runs_and_what_it_is_for(defs):
    repository = defs.get_repository_def()
    assert {one.name for one in repository.sensor_defs} >= {"feed_arrived", "plan_outdated", "report_outdated"}
    assert {one.default_status for one in repository.sensor_defs} == {dg.DefaultSensorStatus.RUNNING}
    assert {one.default_status for one in repository.schedule_defs} == {dg.DefaultScheduleStatus.RUNNING}
    assert all(one.description for one in [*repository.sensor_defs, *repository.schedule_defs])


def test_steps_run_in_the_process_of_their_run(defs):
    assert defs.resolve_job_def("refresh_stock").executor_def.name == "in_process"


def test_runs_read_with_the_limits_of_the_settings():
    folders = Folders(
        **dict.fromkeys(("drop", "landing", "exports", "reports", "data_docs", "profiles", "outcomes", "outbox"), "")
    )
    assert folders.thresholds() == Thresholds()
    limited = folders.model_copy(update={"limits": "column_count=7"})
    assert limited.thresholds().limits == Limits(column_count=7)
