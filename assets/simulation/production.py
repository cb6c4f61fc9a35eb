"""What a run would plan at a review of the game: the classes, distributions and forecasts of the runs themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from assets.forecasting import DAYS_PER_MONTH, SERIES_SCHEMA, forecast
from assets.forecasting.distribution import Fitted, ahead, fit, is_planned_by
from assets.forecasting.months import Months
from assets.forecasting.quantiles import normal_quantile, quantiles

# Runs look back so far: class_window_months, and for the spread of steady demand demand_window_days.
WINDOW_MONTHS, SPREAD_MONTHS = 36, 12
# Months that an order up to the level must last: one of lead time, one until the next review.
MONTHS = 2
# Average interval between demands and squared variation of their sizes that part the classes (F8).
_INTERVAL, _VARIATION = 1.32, 0.49


@dataclass(frozen=True)
class Learned:
    """What is known of the series at a review."""

    classes: np.ndarray
    fitted: Fitted
    steady_means: np.ndarray
    steady_spreads: np.ndarray


def learned(history: np.ndarray, squares: np.ndarray | None = None) -> Learned:
    """Everything that the level needs to know, whatever service is asked for.

    ``squares`` are the squared quantities of the days of each month, added up; None where only months are known.
    """
    months = known_months(history)
    classes = demand_classes(months)
    is_steady = is_planned_by("NORMAL", classes)
    means = np.zeros(len(classes))
    if is_steady.any():
        made = forecast(series_of(months.take(np.flatnonzero(is_steady)), classes[is_steady]))
        means[is_steady] = made["daily_mean_quantity"].cast(pa.float64()).to_numpy() * DAYS_PER_MONTH
    return Learned(classes, fit(months), means, _spreads(history, squares))


def _spreads(history: np.ndarray, squares: np.ndarray | None) -> np.ndarray:
    """Standard deviation of the demand of a month: by the days of the last year as in runs (F9), else by its months."""
    year = history[:, -SPREAD_MONTHS:]
    if squares is None:
        return year.std(axis=1, ddof=1)
    days = year.shape[1] * DAYS_PER_MONTH
    about_mean = np.maximum(squares[:, -SPREAD_MONTHS:].sum(axis=1) - year.sum(axis=1) ** 2 / days, 0)
    return np.sqrt(about_mean / (days - 1) * DAYS_PER_MONTH)


def level(known: Learned, service_level: float, month_count: float = MONTHS) -> np.ndarray:
    """Up to where to order: F9 and F11 for steady demand, the quantile for slow demand (F10), nothing without any."""
    means, variances = ahead(known.fitted, known.fitted.network_orders(known.classes), month_count)
    slow = quantiles(means, variances, service_level)
    safety = normal_quantile(service_level) * known.steady_spreads * month_count**0.5
    steady = np.ceil(np.maximum(month_count * known.steady_means + safety, 0))
    is_steady = is_planned_by("NORMAL", known.classes)
    return np.where(is_steady, steady, np.where(known.classes == "NONE", 0, slow))


def known_months(history: np.ndarray, month_count: int = WINDOW_MONTHS) -> Months:
    """The series as runs have it: from the first demand within the window on."""
    window = history[:, -month_count:]
    has_demand = window > 0
    counts = np.where(has_demand.any(axis=1), window.shape[1] - has_demand.argmax(axis=1), 0)
    is_known = np.arange(window.shape[1]) >= window.shape[1] - counts[:, None]
    return Months(np.where(is_known, window, np.nan), counts)


def demand_classes(months: Months) -> np.ndarray:
    """SMOOTH, ERRATIC, INTERMITTENT or LUMPY (F8); NONE without demand."""
    demanded = np.where(np.nan_to_num(months.quantities) > 0, months.quantities, np.nan)
    count = np.sum(~np.isnan(demanded), axis=1)
    mean = np.nansum(demanded, axis=1) / np.maximum(count, 1)
    squares = np.nansum((demanded - mean[:, None]) ** 2, axis=1) / np.maximum(count - 1, 1)
    variation = np.divide(squares, mean**2, out=np.zeros_like(mean), where=mean > 0)
    is_frequent = months.counts < _INTERVAL * count
    steady = np.where(variation < _VARIATION, "SMOOTH", "ERRATIC")
    slow = np.where(variation < _VARIATION, "INTERMITTENT", "LUMPY")
    return np.where(count == 0, "NONE", np.where(is_frequent, steady, slow))


def series_of(months: Months, classes: np.ndarray) -> pa.Table:
    """The series as a forecast takes them; the calendar is that of a history that ends in December."""
    rows = range(len(classes))
    last = np.datetime64("2000-12")
    known = [months.quantities[row][months.is_known[row]] for row in rows]
    return pa.table(
        [
            pa.array([""] * len(classes)),
            pa.array([str(row) for row in rows]),
            pa.array(classes.tolist(), pa.string()),
            pa.array([""] * len(classes)),
            pa.array([(last - len(one) + 1).astype("datetime64[D]").item() for one in known], pa.date32()),
            pa.array([last.astype("datetime64[D]").item()] * len(classes), pa.date32()),
            pa.array([one.tolist() for one in known], pa.list_(pa.float64())),
        ],
        schema=SERIES_SCHEMA,
    )
