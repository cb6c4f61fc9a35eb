"""What the months of a series say of the demand to come: a gamma-Poisson model of orders whose sizes vary.

The one implementation: stored forecasts are fitted by it, and policies are played over the past with it. What is
stored is of a series alone. That a series with few orders is drawn towards the network, and what demand comes to
over a lead time, is worked out when there is a plan to make, by ``int_demand_quantiles`` as by :func:`ahead`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.forecasting.months import Months

# By which distribution a class is planned, as `partsbay bench distributions` found and the seed demand_distributions
# keeps it: slow demand by what took least stock for the service; steady demand by F9.
DISTRIBUTIONS = {
    "SMOOTH": "NORMAL", "ERRATIC": "NORMAL", "INTERMITTENT": "NEGATIVE_BINOMIAL", "LUMPY": "NEGATIVE_BINOMIAL",
}  # fmt: skip
# Fitted once by the likelihood of two months of demand within the first 39 months of carparts, and rounded.
PRIOR_DISPERSION, PRIOR_UNITS = 2.5, 0.2
# What a month counts of the one after it, and, as int_demand_quantiles reads them from dbt_project.yml, how many months
# the network and a mean are worth. Of what `partsbay bench distributions --search` tries none takes less stock in the
# months of learning of carparts and RAF together than by a tenth of a percent.
DISCOUNT = 0.96
PRIOR_MONTHS = 3.0
KNOWLEDGE_MONTHS = 10.0


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


def fit(months: Months, discount: float = DISCOUNT) -> Fitted:
    """What each series says by itself; recent months count more."""
    quantities = np.nan_to_num(months.quantities)
    weights = discount ** np.arange(months.width)[::-1] * months.is_known
    month_counts = weights.sum(axis=1)
    units = (quantities * weights).sum(axis=1)
    means = np.divide(units, month_counts, out=np.zeros(len(units)), where=month_counts > 0)
    over = np.maximum(((quantities - means[:, None]) ** 2 * weights).sum(axis=1) - units, 0)
    dispersions = 1 + (PRIOR_DISPERSION * PRIOR_UNITS + over) / (PRIOR_UNITS + units)
    return Fitted(means, dispersions, month_counts)


def ahead(
    fitted: Fitted,
    network_orders: float,
    month_count: float,
    prior_months: float = PRIOR_MONTHS,
    knowledge_months: float = KNOWLEDGE_MONTHS,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the demand of the next months, each series drawn to the network as it had few orders.

    The variance is that of the months about their mean, and that of what is known of the mean.
    """
    orders = fitted.orders * fitted.month_counts + prior_months * network_orders
    month = fitted.dispersions * orders / (fitted.month_counts + prior_months)
    variance = month_count + month_count**2 / knowledge_months
    return month_count * month, variance * month * fitted.dispersions
