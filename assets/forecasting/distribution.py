"""What the months of a series say of the demand to come: a gamma-Poisson model of orders whose sizes vary.

The one implementation: stored forecasts are fitted by it, and policies are played over the past with it. What is
stored is of a series alone. That a series with few orders is drawn towards the network, and what demand comes to
over a lead time, is worked out when there is a plan to make, by ``int_demand_quantiles`` as by :func:`ahead`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.forecasting.months import Months

# By which distribution a class is planned: what took least stock for the service in the back-test, see the README.
DISTRIBUTIONS = {
    "SMOOTH": "NORMAL", "ERRATIC": "NORMAL", "INTERMITTENT": "NEGATIVE_BINOMIAL", "LUMPY": "NEGATIVE_BINOMIAL",
}  # fmt: skip
# Fitted once by the likelihood of two months of demand within the first 39 months of carparts, and rounded.
DISCOUNT = 0.84
DISPERSION_DISCOUNT = 0.96
PRIOR_DISPERSION, PRIOR_UNITS = 2.5, 0.2
# The same of what int_demand_quantiles reads from dbt_project.yml.
PRIOR_MONTHS = 1.7
KNOWLEDGE_MONTHS = 4.6


def is_planned_by(distribution: str, classes: np.ndarray) -> np.ndarray:
    """Of each series whether its class is planned by a distribution; one without demand is by none."""
    return np.isin(classes, [code for code, name in DISTRIBUTIONS.items() if name == distribution])


@dataclass(frozen=True)
class Fitted:
    """One value a series: mean demand of a month, its variance by its mean, and how many months the mean is worth."""

    means: np.ndarray
    dispersions: np.ndarray
    month_counts: np.ndarray

    @property
    def orders(self) -> np.ndarray:
        """Orders in a month; quick movers are compared by these and not by units, so that a large one is not many."""
        return self.means / self.dispersions

    def network_orders(self, classes: np.ndarray) -> float:
        """Orders in a month of the mean slow series; quick movers say nothing of how often a slow one is asked for."""
        is_slow = is_planned_by("NEGATIVE_BINOMIAL", classes)
        return float(self.orders[is_slow].mean()) if is_slow.any() else 0.0


def fit(months: Months) -> Fitted:
    """What each series says by itself; recent months count more, for the mean much more than for its spread."""
    age = np.arange(months.width)[::-1]
    quantities = np.nan_to_num(months.quantities)
    far, near = (discount**age * months.is_known for discount in (DISPERSION_DISCOUNT, DISCOUNT))
    far_count, near_count = far.sum(axis=1), near.sum(axis=1)
    level = _by((quantities * far).sum(axis=1), far_count)
    spread = ((quantities - level[:, None]) ** 2 * far).sum(axis=1)
    units = level * far_count
    over = np.maximum(spread - units, 0)
    dispersions = 1 + (PRIOR_DISPERSION * PRIOR_UNITS + over) / (PRIOR_UNITS + units)
    return Fitted(_by((quantities * near).sum(axis=1), near_count), dispersions, near_count)


def ahead(fitted: Fitted, network_orders: float, month_count: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the demand of the next months, each series drawn to the network as it had few orders.

    The variance is that of the months about their mean, and that of what is known of the mean.
    """
    orders = fitted.orders * fitted.month_counts + PRIOR_MONTHS * network_orders
    month = fitted.dispersions * orders / (fitted.month_counts + PRIOR_MONTHS)
    variance = month_count + month_count**2 / KNOWLEDGE_MONTHS
    return month_count * month, variance * month * fitted.dispersions


def _by(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.divide(totals, counts, out=np.zeros(len(totals)), where=counts > 0)
