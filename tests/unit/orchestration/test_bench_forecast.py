"""Errors of forecasts, against figures worked out by hand, and the command on a small history."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from orchestration.benchmarks.forecast import OURS, Expected, _errors, _of_library, _of_runs, plain_models
from orchestration.cli.app import app


def test_errors_are_scaled_by_the_steps_of_each_series():
    actual = np.array([[2.0, 0.0], [10.0, 30.0]])
    expected = Expected(np.array([[1.0, 1.0], [20.0, 20.0]]), np.array([[1.0, 4.0], [40.0, 20.0]]))
    found = _errors(actual, expected, np.array([2.0, 5.0]), np.array([4.0, 25.0]))
    # Errors of 1 and 1 by 2, of 10 and 10 by 5.
    assert found["mase"] == found["rmsse"] == pytest.approx((0.5 + 2) / 2)
    # 1 short and 4 over: (0.95 + 0.2) / 2 by 2; 30 over and 10 short: (1.5 + 9.5) / 2 by 5.
    assert found["pinball"] == pytest.approx((1.15 / 4 + 11 / 10) / 2, abs=1e-4)
    assert found["covered"] == 0.5
    assert found["bias"] == 0


def test_no_method_sees_the_month_that_it_forecasts():
    history = np.random.default_rng(5).poisson(0.8, (30, 38)).astype(float)
    history[:, 0] = 1
    spoiled = history.copy()
    spoiled[:, -1] = 50
    for made in (_of_runs, *(partial(_of_library, model=model) for model in plain_models().values())):
        plain, other = made(history, learn=36), made(spoiled, learn=36)
        np.testing.assert_allclose(plain.means, other.means, atol=1e-9)
        np.testing.assert_allclose(plain.quantiles, other.quantiles, atol=1e-9)


def test_the_command_measures_the_parts_that_it_is_given():
    done = CliRunner().invoke(app, ["bench", "forecast", "--parts", "60", "--months", "2", "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    found = json.loads(done.stdout)
    assert found["measures"]["series"] == 60
    assert 0 < found["errors"][OURS]["mase"] < 5
