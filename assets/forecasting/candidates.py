"""Which methods a series may be forecast by, which of them is the usual one, and what each expects of every month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.forecasting.library import SEASON_MONTHS, forecasts_ahead, one_step_forecasts
from assets.forecasting.months import Months
from assets.forecasting.season import has_season, season_of

METHODS = ("MOVING_AVERAGE", "MEAN", "SES", "ETS", "CROSTON_SBA", "TSB", "ADIDA", "IMAPA")
SLOW_CLASSES = ("INTERMITTENT", "LUMPY")
SLOW_METHODS = ("CROSTON_SBA", "TSB", "ADIDA", "IMAPA")
MONTHS_OF_AVERAGE = 12
# Demand that has been quiet for more than this is dying: an average would never come down.
LEAST_QUIET_MONTHS = 6
QUIET_INTERVALS = 3
# With fewer months of demand there is nothing to smooth or to test, and the first interval would rule.
LEAST_DEMAND_MONTHS = 4
# The last year of a season is tested in quarters, each from the months before it.
QUARTER_MONTHS = 3


@dataclass(frozen=True)
class Candidates:
    """``expected[code]`` is a row a series and a column a month, one month more than was seen; nan: no candidate.

    ``usual`` is the position in :data:`METHODS` of what is taken unless another is clearly better.
    """

    expected: dict[str, np.ndarray]
    usual: np.ndarray
    seasons: np.ndarray


def candidates(classes: np.ndarray, months: Months, is_gapless: np.ndarray, last_month: np.ndarray) -> Candidates:
    """Every method on the series that it may be taken for; ``last_month`` is 1 for a series that ends in January."""
    shape = (len(months.counts), months.width + 1)
    is_slow = np.isin(classes, SLOW_CLASSES)
    expected = {code: np.full(shape, np.nan) for code in METHODS}
    expected["MOVING_AVERAGE"] = _averages(months, MONTHS_OF_AVERAGE)
    expected["MEAN"] = _averages(months, months.width)
    usual = _usual(is_slow, months)
    # Only what is tested or faded out: the others are taken by their mean.
    is_asked = is_slow & (is_testable(is_slow, months) | (usual == METHODS.index("TSB")))
    # A series begins with its first demand: that month says nothing of how often there is demand.
    _fill(expected, SLOW_METHODS, np.flatnonzero(is_asked), months.without_first())
    _fill(expected, ("SES",), np.flatnonzero(~is_slow), months)
    seasons = np.full((len(classes), SEASON_MONTHS), np.nan)
    rows = np.flatnonzero(~is_slow & is_gapless & has_season(months))
    if rows.size:
        expected["ETS"][rows], seasons[rows] = _seasonal(months.take(rows), last_month[rows])
    return Candidates(expected, usual, seasons)


def is_testable(is_slow: np.ndarray, months: Months) -> np.ndarray:
    """Whether there is enough demand for a test to mean something."""
    demand_count = (np.nan_to_num(months.quantities) > 0).sum(axis=1)
    return ~is_slow | (demand_count >= LEAST_DEMAND_MONTHS)


def _fill(expected: dict[str, np.ndarray], codes: tuple[str, ...], rows: np.ndarray, months: Months) -> None:
    if rows.size:
        for code, matrix in one_step_forecasts(months.take(rows), codes).items():
            expected[code][rows] = matrix


def _averages(months: Months, count: int) -> np.ndarray:
    """The mean of the months before each month, at most ``count`` of them."""
    known = np.cumsum(months.is_known, axis=1)
    sums = np.cumsum(np.nan_to_num(months.quantities), axis=1)
    if count < months.width:
        known[:, count:], sums[:, count:] = known[:, count:] - known[:, :-count], sums[:, count:] - sums[:, :-count]
    averages = np.full((len(months.counts), months.width + 1), np.nan)
    np.divide(sums, known, out=averages[:, 1:], where=known > 0)
    return averages


def _seasonal(months: Months, last_month: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Seasonal smoothing: expectations for the last year, quarter by quarter, then the level and season of the next."""
    expected = np.full((len(months.counts), months.width + 1), np.nan)
    for back in range(SEASON_MONTHS, 0, -QUARTER_MONTHS):
        first = months.width - back
        expected[:, first : first + QUARTER_MONTHS] = forecasts_ahead(months.without_last(back), "ETS", QUARTER_MONTHS)
    ahead = np.maximum(forecasts_ahead(months, "ETS", SEASON_MONTHS), 0)
    expected[:, -1] = ahead.mean(axis=1)
    return expected, season_of(ahead, last_month)


def _usual(is_slow: np.ndarray, months: Months) -> np.ndarray:
    """What is taken without a test: by class, by how much was seen, by how long it has been quiet."""
    demanded = np.nan_to_num(months.quantities) > 0
    demand_count = demanded.sum(axis=1)
    quiet = np.where(demand_count > 0, demanded[:, ::-1].argmax(axis=1), months.counts)
    interval = (months.counts - quiet) / np.maximum(demand_count, 1)
    is_dying = quiet > np.maximum(QUIET_INTERVALS * interval, LEAST_QUIET_MONTHS)
    is_short = np.where(is_slow, demand_count < LEAST_DEMAND_MONTHS, months.counts < MONTHS_OF_AVERAGE)
    code = METHODS.index
    return np.select(
        [is_slow & is_dying & (demand_count > 1), is_short, is_slow],
        [code("TSB"), code("MEAN"), code("ADIDA")],
        code("MOVING_AVERAGE"),
    )
