"""The same forecasts, whether made here or by the workers of another engine."""

from __future__ import annotations

import numpy as np
import pytest

from assets.forecasting import SERIES_SCHEMA, engine, forecast
from assets.forecasting.engine import forecast_on
from ingest.errors import SettingsError
from tests.support.demand_series import series

CLASSES = ("INTERMITTENT", "LUMPY", "SMOOTH", "ERRATIC")


@pytest.fixture(scope="module")
def many():
    """Series of every class and of lengths from a month to three years, one with a season."""
    chance = np.random.default_rng(5)
    rows = []
    for number in range(60):
        code = CLASSES[number % 4]
        length = int(chance.integers(1, 37))
        quantities = chance.poisson(3, length) * (chance.random(length) < (0.3 if number % 4 < 2 else 1))
        rows.append((code, [int(quantity) for quantity in quantities]))
    rows.append(("SMOOTH", [5, 5, 5, 10, 20, 30, 30, 20, 10, 5, 5, 6] * 3))
    return series(*rows)


@pytest.fixture(scope="module")
def dask_workers():
    from dask.distributed import Client

    with Client(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as client:
        yield client


def test_dask_makes_the_very_forecasts_that_are_made_here(many, dask_workers, monkeypatch):
    # Several blocks, the last of them short.
    monkeypatch.setattr(engine, "SERIES_PER_BLOCK", 7)
    here = forecast(many)
    there = forecast_on(many, dask_workers)
    assert there.schema == here.schema
    assert there.to_pylist() == here.to_pylist()
    assert {"ETS", "ADIDA", "MOVING_AVERAGE", "MEAN"} <= set(there["method_code"].to_pylist())


def test_processes_make_the_very_forecasts_that_one_makes(many, monkeypatch):
    monkeypatch.setattr(engine, "processes", lambda count: 3)
    assert forecast_on(many).equals(forecast(many))


def test_without_an_engine_and_without_series_nothing_leaves_this_process(many):
    assert forecast_on(many).equals(forecast(many))
    assert forecast_on(SERIES_SCHEMA.empty_table(), "nowhere").num_rows == 0


def test_an_engine_that_is_not_there_is_named_with_what_to_do(many):
    with pytest.raises(SettingsError) as refused:
        forecast_on(many, "nowhere")
    assert refused.value.code == "NO_ENGINE" and "nowhere" in refused.value.message
