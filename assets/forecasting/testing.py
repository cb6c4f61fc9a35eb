"""The back-test: what every method expected of months that it had not seen, beside what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.forecasting.months import Months
from assets.forecasting.quantiles import quantiles

# A year at most, and half of what there is, so that as much is left to learn from.
MOST_TESTED_MONTHS = 12
LEAST_TESTED_MONTHS = 4
# What the pinball loss is taken at: the service level that most parts are kept for.
SERVICE_LEVEL = 0.95


@dataclass(frozen=True)
class Errors:
    """A row a series, a column a method; nan where a method was not tested or there is nothing to scale by.

    ``mase`` and ``rmsse`` are absolute and squared errors of one month ahead, each by the mean change from month to
    month before the test, ``pinball`` the loss at the service level, scaled as mase is. ``smape`` is in per cent, up to
    200: the absolute error by the mean of what was expected and what came, nothing where both are nothing.
    """

    month_counts: np.ndarray
    squared: np.ndarray
    mase: np.ndarray
    rmsse: np.ndarray
    pinball: np.ndarray
    smape: np.ndarray


def errors(months: Months, expected: dict[str, np.ndarray], is_testable: np.ndarray) -> Errors:
    """Errors of each method over the last months of each series that is testable."""
    counts = np.minimum(months.counts // 2, MOST_TESTED_MONTHS)
    counts = np.where(is_testable & (counts >= LEAST_TESTED_MONTHS), counts, 0)
    shown = min(MOST_TESTED_MONTHS, months.width)
    is_tested = np.arange(shown) >= shown - counts[:, None]
    actual = months.quantities[:, months.width - shown :]
    absolute_step, squared_step = mean_steps(months, counts)
    spread = _spread(months)[:, months.width - shown :]
    columns = []
    for forecasts in expected.values():
        means = forecasts[:, months.width - shown : -1]
        missed = actual - np.maximum(means, 0)
        loss = _pinball(actual, means, spread, is_tested)
        share = _share(missed, actual + np.maximum(means, 0))
        columns.append([_mean(values, is_tested) for values in (np.abs(missed), missed**2, loss, share)])
    absolute, squared, pinball, smape = (np.column_stack(column) for column in zip(*columns, strict=True))
    return Errors(
        counts,
        squared,
        absolute / absolute_step[:, None],
        np.sqrt(squared / squared_step[:, None]),
        pinball / absolute_step[:, None],
        smape,
    )


def _share(missed: np.ndarray, total: np.ndarray) -> np.ndarray:
    """The absolute error by the mean of both figures, in per cent; nan where a figure is missing."""
    return np.divide(200 * np.abs(missed), total, out=np.where(np.isnan(total), np.nan, 0.0), where=total > 0)


def _mean(values: np.ndarray, is_tested: np.ndarray) -> np.ndarray:
    """The mean over the tested months; nan where one of them has no value."""
    total = np.where(is_tested, values, 0).sum(axis=1)
    count = is_tested.sum(axis=1)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def mean_steps(months: Months, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean absolute and mean squared change from a month to the next before the test; nan where nothing changed."""
    steps = np.diff(months.quantities, axis=1)
    is_before = np.arange(1, months.width) < (months.width - counts)[:, None]
    steps = np.where(is_before, steps, np.nan)
    known = ~np.isnan(steps)
    count = known.sum(axis=1)
    sums = np.abs(np.nan_to_num(steps)).sum(axis=1), (np.nan_to_num(steps) ** 2).sum(axis=1)
    absolute, squared = (
        np.divide(total, count, out=np.full(len(count), np.nan), where=(count > 0) & (total > 0)) for total in sums
    )
    return absolute, squared


def _spread(months: Months) -> np.ndarray:
    """Variance of the months before each month, about their own mean."""
    known = np.cumsum(months.is_known, axis=1) - months.is_known
    filled = np.nan_to_num(months.quantities)
    sums = np.cumsum(filled, axis=1) - filled
    squares = np.cumsum(filled**2, axis=1) - filled**2
    divisor = np.maximum(known, 1)
    return np.maximum(squares / divisor - (sums / divisor) ** 2, 0)


def _pinball(actual: np.ndarray, means: np.ndarray, spread: np.ndarray, is_tested: np.ndarray) -> np.ndarray:
    """What stock of the service quantile would have been short, dear, and over, cheap, in each month."""
    levels = np.full(actual.shape, np.nan)
    is_asked = is_tested & ~np.isnan(means)
    levels[is_asked] = quantiles(np.maximum(means[is_asked], 0), spread[is_asked], SERVICE_LEVEL)
    short = actual - levels
    return np.where(short > 0, SERVICE_LEVEL * short, (SERVICE_LEVEL - 1) * short)
