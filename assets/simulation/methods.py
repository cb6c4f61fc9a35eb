"""Yardsticks: up to where to order two months of demand; each has one parameter, which buys service with stock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.simulation.production import MONTHS

CROSTON_ALPHA = 0.1


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of the demand of two months."""

    mean: np.ndarray
    deviation: np.ndarray


def last_two_years(history: np.ndarray) -> Moments:
    """Of the mean of the last 24 months, for what most garages do: so many times that."""
    return _moments(history[:, -24:].mean(axis=1), history[:, -24:])


def last_year(history: np.ndarray) -> Moments:
    """Of the moving average of twelve months."""
    return _moments(history[:, -12:].mean(axis=1), history[:, -12:])


def croston_moments(history: np.ndarray) -> Moments:
    """Of Croston's mean (alpha 0.1) and the spread of the last 24 months."""
    return _moments(croston_mean(history), history[:, -24:])


def multiple(known: Moments, factor: float) -> np.ndarray:
    """So many times the demand of the two months."""
    return np.ceil(factor * known.mean)


def normal(known: Moments, z: float) -> np.ndarray:
    """The demand of the two months and a normal safety stock."""
    return np.ceil(known.mean + z * known.deviation)


def _moments(month: np.ndarray, spread_of: np.ndarray) -> Moments:
    return Moments(MONTHS * month, spread_of.std(axis=1) * MONTHS**0.5)


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
