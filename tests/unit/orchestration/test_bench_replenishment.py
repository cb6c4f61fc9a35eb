"""What the bench of replenishment makes in each of its steps."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.benchmarks.replenishment import STEPS, needed_assets
from orchestration.definitions import defs


@pytest.fixture(scope="module")
def made():
    return needed_assets()


def test_each_step_makes_what_a_proposal_stands_on(made):
    names = {step: {key.path[-1] for key in selection.selected_keys} for step, (_, selection) in made.items()}
    assert list(names) == list(STEPS)
    assert {"int_demand_monthly", "int_demand_series"} <= names["demand models"]
    assert {"int_demand_quantiles", "fct_replenishment_proposals"} <= names["needs models"]
    assert (names["forecasts"], names["proposals"]) == ({"forecasts"}, {"proposals"})
    assert not any(name.startswith("rpt_") for found in names.values() for name in found)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_can_be_made_by_itself(made, step):
    asset, selection = made[step]
    job = dg.define_asset_job("one", selection=selection)
    resolved = dg.Definitions(assets=[asset], jobs=[job], resources=defs.resources).resolve_job_def("one")
    assert resolved.asset_layer.selected_asset_keys == set(selection.selected_keys)
