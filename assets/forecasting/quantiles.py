"""Quantiles of a month's demand by its mean and variance, for arrays of millions."""

from __future__ import annotations

import numpy as np

# Beyond this the normal distribution says the same and is cheap.
MOST_UNITS = 60
NORMAL_QUANTILE = {0.95: 1.6448536269514722}


def quantiles(means: np.ndarray, variances: np.ndarray, level: float) -> np.ndarray:
    """The smallest whole number of units that demand stays within with the probability ``level``.

    Negative binomial where the variance is above the mean, else Poisson.
    """
    variances = np.maximum(variances, means)
    found = np.ceil(np.maximum(means + NORMAL_QUANTILE[level] * np.sqrt(variances), 0))
    rows = np.flatnonzero(found <= MOST_UNITS)
    found[rows] = _counted(means[rows], variances[rows], level)
    return found


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
