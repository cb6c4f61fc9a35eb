"""Distributions against figures worked out by hand, the command, and the choice that the seed keeps."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from assets.forecasting import distribution
from assets.simulation import distributions
from orchestration.benchmarks.distributions import _loss, compare, search
from orchestration.cli.app import app

PROJECT = Path(__file__).parents[3] / "dbt_project"


def kept() -> list[dict[str, str]]:
    with (PROJECT / "seeds" / "demand_distributions.csv").open() as lines:
        return list(csv.DictReader(lines))


def test_runs_plan_each_class_by_the_distribution_that_the_seed_says():
    chosen = {row["demand_class_code"]: row["distribution_code"] for row in kept() if row["is_chosen"] == "true"}
    assert chosen == distribution.DISTRIBUTIONS


@pytest.mark.parametrize("code", ["INTERMITTENT", "LUMPY"])
def test_slow_demand_is_planned_by_what_took_least_stock(code):
    rows = [row for row in kept() if row["demand_class_code"] == code]
    names = ("carparts_stock_quantity", "raf_stock_quantity")
    least = [min(float(row[name]) for row in rows if row[name]) for name in names]
    shares = {
        row["distribution_code"]: sum(float(row[name] or "inf") / low for name, low in zip(names, least, strict=True))
        for row in rows
    }
    assert min(shares, key=shares.get) == distribution.DISTRIBUTIONS[code]


def test_models_draw_series_to_the_network_by_the_constants_of_the_game():
    given = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    assert (given["prior_months"], given["knowledge_months"]) == (
        distribution.PRIOR_MONTHS, distribution.KNOWLEDGE_MONTHS,
    )  # fmt: skip


def test_sums_of_months_that_were_seen_are_their_own_distribution():
    known = distributions.empirical(np.array([[1.0, 0, 2, 1, 0]]))
    # 1 + 0, 0 + 2, 2 + 1, 1 + 0.
    assert known.tolist() == [[1, 1, 2, 3]]
    asked = [distributions.observed_level(known, level)[0] for level in (0.5, 0.51, 0.75, 0.76, 1)]
    assert asked == [1, 2, 2, 3, 3]


def test_months_are_drawn_from_the_first_demand_on_and_always_the_same():
    history = np.array([[0.0] * 30 + [4, 4, 4, 4, 4, 4], [0.0] * 36])
    drawn = distributions.bootstrap(history)
    assert drawn.shape == (2, distributions.DRAWS)
    assert set(drawn[0]) == {8} and set(drawn[1]) == {0}
    varied = np.array([[1.0, 0, 2, 0, 0, 9]])
    assert distributions.bootstrap(varied).tolist() == distributions.bootstrap(varied).tolist()
    # Two months of a mean of two.
    assert distributions.bootstrap(varied).mean() == pytest.approx(4, rel=0.1)


def test_no_demand_needs_no_stock_by_any_distribution():
    nothing = np.zeros((3, 40))
    nothing[0, ::3] = 2
    for name, policy in distributions.DISTRIBUTIONS.items():
        level = policy.level(policy.learn(nothing), 0.95)
        assert level[0] > 0 and level[1:].tolist() == [0, 0], name


def test_loss_is_of_the_months_that_an_order_must_last():
    lived = np.array([[2.0, 0.0, 4.0]])
    # Two months of 2 and of 4; levels of 3: 1 over, 1 short, of a demand of 6 in all.
    loss, covered = _loss(lived, [np.array([3.0])] * 4)
    assert (loss, covered) == (pytest.approx((0.05 + 0.95) / 6), 0.5)


def test_nothing_that_is_lived_through_is_searched_by():
    history = np.random.default_rng(4).poisson(0.4, (40, 48)).astype(float)
    spoiled = history.copy()
    spoiled[:, -12:] = 99
    assert search(history, [0.8]) == search(spoiled, [0.8])


def test_each_class_is_judged_by_every_distribution():
    history = np.random.default_rng(4).poisson(0.4, (40, 48)).astype(float)
    found = compare(history, [0.8])
    slow = [one for one in found if one.demand_class_code == "INTERMITTENT"]
    assert [one.distribution_code for one in slow] == list(distributions.DISTRIBUTIONS)
    assert [one.distribution_code for one in slow if one.is_chosen] == ["NEGATIVE_BINOMIAL"]
    assert all(one.stock[0] > 0 and 0 < one.covered <= 1 for one in slow)


@pytest.mark.parametrize("more", [[], ["--search"]])
def test_the_command_measures_the_parts_that_it_is_given(more):
    asked = ["bench", "distributions", "--parts", "60", "--months", "6", "--fill-rate", "80", *more]
    done = CliRunner().invoke(app, [*asked, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    found = json.loads(done.stdout)
    assert found["fill_rates"] == [0.8] and found["found"]
    shown = CliRunner().invoke(app, asked).stdout
    assert ("80.0%" in shown, "INTERMITTENT" in shown) == (True, not more)
