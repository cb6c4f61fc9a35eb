"""Distributions of the demand that an order must last for, each as a policy that orders up to its quantile.

What a run plans slow demand by must serve better than what it is weighed against here. Every candidate knows the same
months, those that a run knows; what it learns of them is kept, and a level is asked of it for any service.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from assets.forecasting import DAYS_PER_MONTH, forecast
from assets.forecasting.distribution import DISCOUNT, KNOWLEDGE_MONTHS, PRIOR_MONTHS, ahead, fit
from assets.forecasting.months import Months
from assets.forecasting.quantiles import normal_quantile, quantiles
from assets.simulation.comparing import LEVELS, Policy
from assets.simulation.production import MONTHS, SPREAD_MONTHS, demand_classes, known_months, series_of

# The same draws for every series and every run.
SEED, DRAWS = 20, 1000
CHOSEN = "NEGATIVE_BINOMIAL"


@dataclass(frozen=True)
class Moments:
    """Mean and variance of the demand of the months that an order must last, one value a series."""

    means: np.ndarray
    variances: np.ndarray


def negative_binomial(history: np.ndarray) -> Moments:
    """What runs plan slow demand by."""
    return _drawn(history)


def poisson(history: np.ndarray) -> Moments:
    """The same mean, and units that come one by one."""
    means = negative_binomial(history).means
    return Moments(means, means)


def normal(history: np.ndarray) -> Moments:
    """What runs plan steady demand by: the forecast, and the spread of a year about its mean."""
    months = known_months(history)
    classes = demand_classes(months)
    rows = np.flatnonzero(classes != "NONE")
    means = np.zeros(len(history))
    if rows.size:
        made = forecast(series_of(months.take(rows), classes[rows]))
        means[rows] = made["daily_mean_quantity"].cast(pa.float64()).to_numpy() * DAYS_PER_MONTH
    return Moments(MONTHS * means, MONTHS * history[:, -SPREAD_MONTHS:].var(axis=1, ddof=1))


def bootstrap(history: np.ndarray) -> np.ndarray:
    """Sums of months drawn from those known, with replacement and a fixed seed; a sorted row a series."""
    months = known_months(history)
    quantities = np.nan_to_num(months.quantities)
    sums = np.zeros((len(history), DRAWS))
    for drawn in np.random.default_rng(SEED).random((MONTHS, DRAWS)):
        ages = np.floor(drawn * np.maximum(months.counts, 1)[:, None]).astype(int)
        sums += np.take_along_axis(quantities, months.width - 1 - ages, axis=1)
    return np.sort(sums, axis=1)


def empirical(history: np.ndarray) -> np.ndarray:
    """Sums of months that followed each other; a sorted row a series, with nan at its end for months not known."""
    months: Months = known_months(history)
    sums = np.lib.stride_tricks.sliding_window_view(months.quantities, MONTHS, axis=1).sum(axis=2)
    return np.sort(sums, axis=1)


def counted_level(known: Moments, service_level: float) -> np.ndarray:
    """The quantile of whole units."""
    return np.where(known.means > 0, quantiles(known.means, known.variances, service_level), 0)


def normal_level(known: Moments, service_level: float) -> np.ndarray:
    """So many standard deviations above the mean."""
    level = known.means + normal_quantile(service_level) * np.sqrt(known.variances)
    return np.where(known.means > 0, np.ceil(np.maximum(level, 0)), 0)


def observed_level(sums: np.ndarray, service_level: float) -> np.ndarray:
    """The smallest sum that a share of those seen stays within."""
    counts = np.sum(~np.isnan(sums), axis=1)
    places = np.clip(np.ceil(service_level * counts - 1e-9).astype(int), 1, np.maximum(counts, 1)) - 1
    return np.ceil(np.nan_to_num(np.take_along_axis(sums, places[:, None], axis=1)[:, 0]))


DISTRIBUTIONS = {
    CHOSEN: Policy(negative_binomial, counted_level, LEVELS),
    "POISSON": Policy(poisson, counted_level, LEVELS),
    "NORMAL": Policy(normal, normal_level, LEVELS),
    "BOOTSTRAP": Policy(bootstrap, observed_level, LEVELS),
    "EMPIRICAL": Policy(empirical, observed_level, LEVELS),
}


def negative_binomial_of(discount: float, prior_months: float, knowledge_months: float) -> Policy:
    """The distribution of the runs with other constants."""

    def learn(history: np.ndarray) -> Moments:
        return _drawn(history, discount, prior_months, knowledge_months)

    return Policy(learn, counted_level, LEVELS)


def _drawn(
    history: np.ndarray,
    discount: float = DISCOUNT,
    prior_months: float = PRIOR_MONTHS,
    knowledge_months: float = KNOWLEDGE_MONTHS,
) -> Moments:
    """Each series drawn to the network; where nothing was asked for within the window, nothing is expected."""
    months = known_months(history)
    fitted, classes = fit(months, discount), demand_classes(months)
    moments = ahead(fitted, fitted.network_orders(classes), MONTHS, prior_months, knowledge_months)
    return Moments(*(np.where(classes == "NONE", 0, values) for values in moments))
