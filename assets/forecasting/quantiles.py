"""Quantiles of demand by its mean and variance, for arrays of millions; ``int_demand_quantiles`` counts so too."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np

# Up to this mean probabilities are added up unit by unit; beyond, a gamma distribution says the same and is cheap.
MOST_UNITS = 200


def quantiles(means: np.ndarray, variances: np.ndarray, level: float) -> np.ndarray:
    """The smallest whole number of units that demand stays within with the probability ``level``.

    Negative binomial where the variance is above the mean, else Poisson.
    """
    variances = np.maximum(variances, means)
    found = np.maximum(np.ceil(_gamma(means, variances, normal_quantile(level)) - 0.5), 0)
    rows = np.flatnonzero(means <= MOST_UNITS)
    found[rows] = _counted(means[rows], variances[rows], level)
    return found


@cache
def normal_quantile(level: float) -> float:
    """As many standard deviations above the mean a normal distribution reaches ``level``."""
    return NormalDist().inv_cdf(level)


def _gamma(means: np.ndarray, variances: np.ndarray, z_value: float) -> np.ndarray:
    """The quantile of a gamma distribution by Wilson and Hilferty: the cube root of it is nearly normal."""
    ninth = np.divide(variances, 9 * means**2, out=np.zeros_like(means), where=means > 0)
    return means * np.maximum(1 - ninth + z_value * np.sqrt(ninth), 0) ** 3


def _counted(means: np.ndarray, variances: np.ndarray, level: float) -> np.ndarray:
    """Probabilities of 0, 1, 2 … units added up until they reach the level; each round keeps those that do not."""
    found = np.zeros(len(means))
    # With p the chance that a unit follows and size the number of failures: P(k + 1) = P(k) (size + k) p / (k + 1).
    over = variances - means
    chance = np.divide(over, variances, out=np.zeros_like(over), where=variances > 0)
    # size * chance is the mean times (1 - chance), which holds for Poisson too, where chance is 0.
    base = means * (1 - chance)
    is_poisson = chance < 1e-9
    size = np.divide(base, chance, out=np.zeros_like(base), where=~is_poisson)
    probability = np.where(is_poisson, np.exp(-means), np.power(1 - chance, size))
    rows = np.arange(len(means))
    total = probability.copy()
    units = 0
    while True:
        is_open = total < level
        rows, total, probability = rows[is_open], total[is_open], probability[is_open]
        if not rows.size:
            return found
        base, chance = base[is_open], chance[is_open]
        probability = probability * (base + chance * units) / (units + 1)
        total = total + probability
        units += 1
        found[rows] = units
