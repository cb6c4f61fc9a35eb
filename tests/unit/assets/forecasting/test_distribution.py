"""What is known of the demand of a month, against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assets.forecasting import forecast
from assets.forecasting.distribution import Fitted, ahead, fit
from assets.forecasting.months import months_of
from assets.forecasting.quantiles import quantiles
from tests.support.demand_series import series


def fitted(*rows) -> Fitted:
    return fit(months_of(series(*(("LUMPY", row) for row in rows))["demand_quantities"]))


def test_recent_months_count_more():
    made = fitted([0, 2])
    # 1 and 0.96 of two months, so the mean is 2 / 1.96.
    level = 2 / 1.96
    assert (made.month_counts[0], made.means[0]) == (pytest.approx(1.96), pytest.approx(level))
    # About it squares of 0.96 · 1.0204² + 0.9796², which are less than the two units: no more dispersed than is usual.
    over = 0.96 * level**2 + (2 - level) ** 2 - 2
    assert over < 0 and made.dispersions[0] == pytest.approx(1 + 0.5 / 2.2)


def test_demand_in_large_orders_is_dispersed():
    made = fitted([0, 0, 0, 8], [2, 2, 2, 2])
    assert made.dispersions[0] > 4 > 1.3 > made.dispersions[1] > 1


def test_months_before_the_first_demand_say_nothing():
    alone, among = fitted([1, 0, 2]), fitted([1, 0, 2], [1] * 30)
    assert [values[0] for values in (among.means, among.dispersions, among.month_counts)] == [
        values[0] for values in (alone.means, alone.dispersions, alone.month_counts)
    ]


def test_a_series_of_few_orders_is_drawn_to_the_network():
    made = Fitted(np.array([0.4, 0.5, 90.0]), np.full(3, 2.0), np.array([6.0, 6.0, 6.0]))
    # The third is a quick mover, so the network has (0.2 + 0.25) / 2 orders a month.
    network = made.network_orders(np.array(["LUMPY", "INTERMITTENT", "SMOOTH"]))
    assert network == pytest.approx(0.225)
    means, variances = ahead(made, network, 2)
    assert means[0] == pytest.approx(2 * (0.4 * 6 + 2 * 0.225 * 3) / 9)
    assert variances[0] == pytest.approx(means[0] / 2 * 2 * (2 + 4 / 10))


def test_the_distribution_is_that_of_the_class_and_its_figures_are_kept_whichever_it_is():
    made = forecast(series(("LUMPY", [0, 2, 0, 1, 0, 4, 0, 2]), ("SMOOTH", [2, 3, 2, 3])))
    assert made["distribution_code"].to_pylist() == ["NEGATIVE_BINOMIAL", "NORMAL"]
    known = fitted([0, 2, 0, 1, 0, 4, 0, 2], [2, 3, 2, 3])
    for name, values in (
        ("monthly_mean_quantity", known.means),
        ("dispersion_value", known.dispersions),
        ("effective_month_count", known.month_counts),
    ):
        assert [float(value) for value in made[name].to_pylist()] == pytest.approx(values.tolist(), abs=1e-9)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99, 0.999])
def test_quantiles_are_those_of_scipy(level):
    means = np.array([0.05, 0.8, 0.8, 3.0, 7.5, 20.0, 150.0, 500.0, 2000.0])
    variances = np.array([0.05, 0.8, 2.0, 9.0, 7.5, 25.0, 9000.0, 900.0, 2000.0])
    chance = np.where(variances > means, means / variances, 0.5)
    size = means * chance / (1 - chance)
    exact = np.where(variances <= means, stats.poisson.ppf(level, means), stats.nbinom.ppf(level, size, chance))
    found = quantiles(means, variances, level)
    # Unit by unit up to a mean of 200, by the gamma distribution beyond.
    assert found[:-2].tolist() == exact[:-2].tolist()
    np.testing.assert_allclose(found[-2:], exact[-2:], rtol=0.004)


def test_no_demand_needs_no_stock():
    assert quantiles(np.zeros(1), np.zeros(1), 0.95).tolist() == [0]


@pytest.mark.parametrize(("level", "quantile"), [(0.95, 2), (0.99, 3)])
def test_eight_tenths_of_a_unit_need_two_and_three(level, quantile):
    """F10."""
    assert quantiles(np.array([0.8]), np.array([0.8]), level).tolist() == [quantile]
