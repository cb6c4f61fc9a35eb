"""Whether demand has a season, and what the season of a forecast is."""

from __future__ import annotations

import numpy as np

from assets.forecasting.library import SEASON_MONTHS
from assets.forecasting.months import Months

SEASON_YEARS = 3
# F test of the months of three years, 11 and 24 degrees of freedom: chance alone goes beyond once in a hundred.
LEAST_RATIO = 3.09


def has_season(months: Months) -> np.ndarray:
    """Whether the last three years differ more from month to month than the same month does from year to year."""
    count = SEASON_YEARS * SEASON_MONTHS
    found = np.zeros(len(months.counts), dtype=bool)
    rows = np.flatnonzero(months.counts >= count)
    years = months.quantities[rows, -count:].reshape(-1, SEASON_YEARS, SEASON_MONTHS)
    means = years.mean(axis=1)
    between = SEASON_YEARS * ((means - means.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / (SEASON_MONTHS - 1)
    within = ((years - means[:, None, :]) ** 2).sum(axis=(1, 2)) / (count - SEASON_MONTHS)
    found[rows] = between > LEAST_RATIO * within
    return found


def season_of(ahead: np.ndarray, last_month: np.ndarray) -> np.ndarray:
    """What each month of the calendar, January first, is of a mean month, by a forecast of the twelve to come."""
    level = ahead.mean(axis=1, keepdims=True)
    ratios = np.divide(ahead, level, out=np.ones_like(ahead), where=level > 0)
    # Column j is the month after last_month by j + 1; of January it is the one that 12 - last_month lies before.
    places = (np.arange(SEASON_MONTHS) - last_month[:, None]) % SEASON_MONTHS
    return np.take_along_axis(ratios, places, axis=1)
