"""Up to where to order two months of demand, by four methods; each has one parameter, which buys service with stock."""

from __future__ import annotations

import numpy as np

# Months that an order up to the level must last: one of lead time, one until the next review.
MONTHS = 2
CROSTON_ALPHA = 0.1

# Fitted once by the likelihood of two months of demand within the first 39 months of carparts, and rounded.
_DISCOUNT = 0.84
_PRIOR_MONTHS = 1.7
_DISPERSION_DISCOUNT = 0.96
_PRIOR_DISPERSION, _PRIOR_UNITS = 2.5, 0.2
_KNOWLEDGE_MONTHS = 4.6


def minimum_maximum(history: np.ndarray, factor: float) -> np.ndarray:
    """What most garages do: so many times the demand of the two months, by the mean of the last 24."""
    return np.ceil(factor * MONTHS * history[:, -24:].mean(axis=1))


def moving_average(history: np.ndarray, z: float) -> np.ndarray:
    """Mean of the last twelve months and a normal safety stock."""
    last = history[:, -12:]
    return np.ceil(MONTHS * last.mean(axis=1) + z * last.std(axis=1) * MONTHS**0.5)


def croston(history: np.ndarray, z: float) -> np.ndarray:
    """Croston's mean (alpha 0.1) and a normal safety stock by the spread of the last 24 months."""
    return np.ceil(MONTHS * croston_mean(history) + z * history[:, -24:].std(axis=1) * MONTHS**0.5)


def croston_mean(history: np.ndarray) -> np.ndarray:
    """Demand a month: smoothed size of a demand by smoothed months between two; 0 where there was none."""
    size, interval = np.zeros(len(history)), np.zeros(len(history))
    waited, is_known = np.ones(len(history)), np.zeros(len(history), bool)
    for units in history.T:
        has_demand = units > 0
        first, later = has_demand & ~is_known, has_demand & is_known
        size[first], interval[first] = units[first], waited[first]
        size[later] += CROSTON_ALPHA * (units[later] - size[later])
        interval[later] += CROSTON_ALPHA * (waited[later] - interval[later])
        is_known |= has_demand
        waited = np.where(has_demand, 1, waited + 1)
    return np.where(is_known, size / np.maximum(interval, 1e-9), 0)


def shrunk_moments(history: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of a month, variance of a month about it, and variance of what is known of the mean, of each series.

    A gamma-Poisson model of orders whose sizes vary: recent months count more, and each series is drawn
    towards the network, the more the fewer orders it had. Quick movers are drawn by their number of
    orders and not of units, so that a large order is not taken for many.
    """
    age = np.arange(history.shape[1])[::-1]
    far, near = _DISPERSION_DISCOUNT**age, _DISCOUNT**age
    mean = history @ far / far.sum()
    variance = ((history - mean[:, None]) ** 2) @ far / far.sum()
    units = mean * far.sum()
    over = np.maximum(variance - mean, 0) * far.sum()
    size = 1 + (_PRIOR_DISPERSION * _PRIOR_UNITS + over) / (_PRIOR_UNITS + units)
    orders = history @ near / size
    network = (orders / near.sum()).mean()
    month = size * (orders + _PRIOR_MONTHS * network) / (near.sum() + _PRIOR_MONTHS)
    return month, month * size, month * size / _KNOWLEDGE_MONTHS


def shrunk_quantile(history: np.ndarray, level: float) -> np.ndarray:
    """The smallest stock that lasts two months with probability ``level``: a negative binomial quantile."""
    from scipy.stats import nbinom

    month, spread, doubt = shrunk_moments(history)
    mean = MONTHS * month
    variance = MONTHS * spread + MONTHS**2 * doubt
    size = mean**2 / np.maximum(variance - mean, 1e-6 * mean)
    return nbinom.ppf(level, size, size / (size + mean))
