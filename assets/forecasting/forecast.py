"""From demand series to forecasts: every method tested, one taken, the errors of all of them kept."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.forecasting.candidates import METHODS, SLOW_CLASSES, Candidates, candidates, is_testable
from assets.forecasting.distribution import DISTRIBUTIONS, Fitted, fit
from assets.forecasting.months import DAYS_PER_MONTH, Months, months_of
from assets.forecasting.tables import FORECAST_SCHEMA
from assets.forecasting.testing import Errors, errors

# Another method must be better than the usual one by this share of its squared error: less is mostly chance.
LEAST_GAIN = 0.1


def forecast(series: pa.Table) -> pa.Table:
    """One row per series: the method taken, the mean daily demand that it expects, and how each method did in the test.

    ``series`` is one row per garage and part with ``demand_quantities``, the months of demand from the first to the
    last. What a method expected of each of the last twelve months, from the months before it, is compared with what
    came; the one with the smallest squared error is taken where it is clearly better than the usual one of the class.
    A series without a month is left out.
    """
    series = series.filter(pc.greater(pc.list_value_length(series["demand_quantities"]), 0))
    if series.num_rows == 0:
        return FORECAST_SCHEMA.empty_table()
    months = months_of(series["demand_quantities"])
    classes = series["demand_class_code"].to_numpy()
    is_gapless, last_month = _calendar(series, months)
    offered = candidates(classes, months, is_gapless, last_month)
    found = errors(months, offered.expected, is_testable(np.isin(classes, SLOW_CLASSES), months))
    chosen = choose(found, offered.usual)
    return _table(series, offered, found, chosen, fit(months))


def choose(found: Errors, usual: np.ndarray) -> np.ndarray:
    """The method of each series, as its position in :data:`METHODS`."""
    squared = np.where(np.isnan(found.squared), np.inf, found.squared)
    rows = np.arange(len(usual))
    best = squared.argmin(axis=1)
    is_better = squared[rows, best] < (1 - LEAST_GAIN) * squared[rows, usual]
    return np.where((found.month_counts > 0) & is_better, best, usual)


def _calendar(series: pa.Table, months: Months) -> tuple[np.ndarray, np.ndarray]:
    """Whether no month is missing between the first and the last, and the month of the year of the last."""
    first, last = (series[name].cast(pa.timestamp("s")) for name in ("first_month_on", "last_month_on"))
    between = pc.add(
        pc.multiply(pc.subtract(pc.year(last), pc.year(first)), 12), pc.subtract(pc.month(last), pc.month(first))
    )
    return pc.fill_null(between, -1).to_numpy() + 1 == months.counts, pc.fill_null(pc.month(last), 12).to_numpy()


def _table(series: pa.Table, offered: Candidates, found: Errors, chosen: np.ndarray, fitted: Fitted) -> pa.Table:
    following = np.column_stack([offered.expected[code][:, -1] for code in METHODS])
    means = np.maximum(following[np.arange(len(chosen)), chosen], 0)
    # A method that was no candidate has no error and is not listed.
    is_listed = ~np.isnan(found.squared)
    codes = np.array(METHODS)
    kept = (found.mase, found.rmsse, found.pinball, found.smape)
    is_seasonal = chosen == METHODS.index("ETS")
    return pa.table(
        [
            series["garage_code"],
            series["part_id"],
            pa.array(codes[chosen]),
            series["demand_class_code"],
            _exact(means / DAYS_PER_MONTH),
            series["history_hash"],
            pa.array(found.month_counts, pa.int32()),
            _lists(np.broadcast_to(codes, is_listed.shape), is_listed, pa.string()),
            *(_lists(values, is_listed, pa.float64()) for values in kept),
            _lists(offered.seasons, np.broadcast_to(is_seasonal[:, None], offered.seasons.shape), pa.float64()),
            pa.array([DISTRIBUTIONS[code] for code in series["demand_class_code"].to_pylist()]),
            *(_exact(values) for values in (fitted.means, fitted.dispersions, fitted.month_counts)),
        ],
        schema=FORECAST_SCHEMA,
    )


def _exact(values: np.ndarray) -> pa.Array:
    return pc.cast(pc.round(pa.array(values), ndigits=9), pa.decimal128(18, 9), safe=False)


def _lists(values: np.ndarray, is_listed: np.ndarray, kind: pa.DataType) -> pa.Array:
    """The listed values of each row as one list; nan is null, six decimals are kept."""
    offsets = np.concatenate([[0], np.cumsum(is_listed.sum(axis=1))])
    kept = values[is_listed]
    flat = pa.array(kept, kind) if kind == pa.string() else pa.array(np.round(kept, 6), kind, from_pandas=True)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)
