"""``partsbay simulate`` as a person or a program calls it."""

from __future__ import annotations

import json
from contextlib import nullcontext

import numpy as np
import pytest
from typer.testing import CliRunner

from assets.simulation import series
from ingest.errors import SettingsError
from orchestration.cli import simulate as command
from orchestration.cli.app import app
from orchestration.cli.output import console


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Forty slow parts over forty months."""
    demand = np.random.default_rng(7).poisson(0.3, (40, 40))
    path = tmp_path_factory.mktemp("demand") / "demand.csv"
    lines = [["part", *range(1, 41)], *([f"P{number}", *row] for number, row in enumerate(demand))]
    path.write_text("\n".join(",".join(map(str, line)) for line in lines))
    return path


def call(history, *arguments):
    done = CliRunner().invoke(app, ["simulate", "--demand", str(history), "--from", "29", *map(str, arguments)])
    if isinstance(done.exception, SettingsError):
        return done.exception
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def test_the_table_is_whole_in_eighty_columns(history, monkeypatch):
    monkeypatch.setattr(console, "_width", 80)
    shown = call(history, "--service-level", 80)
    headings = next(line for line in shown.splitlines() if "production" in line and "Croston" in line)
    assert [word in headings for word in ("fill rate", "min/max", "average", "saving", "reached")] == [True] * 5
    assert max(map(len, shown.splitlines())) <= 80


def test_every_policy_can_be_asked_for_a_fill_rate_over_months_of_ones_own(history):
    told = {}
    for policy in ("production", "croston"):
        found = json.loads(
            call(history, "--policy", policy, "--service-level", 90, "--service-level", 80, "--to", 36, "--json")
        )
        assert (found["parts"], found["policy"]) == (40, policy)
        told[policy] = found["service_levels"]
    # The same game, another policy asked.
    assert told["production"][0]["average_stock"] == told["croston"][0]["average_stock"]
    assert 0.5 <= told["production"][0]["calibrated_parameter"] < 1
    stock = [one["average_stock"]["production"] for one in told["production"]]
    assert stock[0] > stock[1]


def test_of_the_network_what_nobody_had_asked_for_before_is_left_out(monkeypatch):
    demand = np.random.default_rng(7).poisson(1.0, (40, 36)).astype(float)
    demand[:10, :24] = 0
    unit_costs = np.where(np.arange(40) < 10, 1000.0, 2.0)
    monkeypatch.setattr(command, "connected", nullcontext)
    made = series.NetworkDemand(np.arange(40), demand, demand**2, unit_costs, "EUR")
    monkeypatch.setattr(series, "network_demand", lambda connection: made)
    done = CliRunner().invoke(app, ["simulate", "--network", "--service-level", "80", "--json"])
    told = json.loads(done.stdout)
    assert (told["parts"], told["parts_left_out"], told["currency"]) == (30, 10, "EUR")
    # The last twelve months are lived through, and a unit of what is left costs 2.
    assert told["units"] == demand[10:, 24:].sum()
    found = told["service_levels"][0]
    assert found["average_stock_value"]["production"] == pytest.approx(2 * found["average_stock"]["production"])
    assert found["stock_out_days"] > 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--policy", "luck"), "NO_SUCH_POLICY"),
        (("--to", 99), "NO_SUCH_MONTHS"),
        (("--service-level", 100), "NO_SUCH_LEVEL"),
        (("--curve", "/no such folder/curve.svg"), "NO_FOLDER"),
    ],
)
def test_what_cannot_be_played_is_refused_with_what_to_do(history, arguments, code):
    refused = call(history, *arguments)
    assert (refused.code, bool(refused.mend)) == (code, True)
