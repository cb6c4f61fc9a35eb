"""The forecasts of the runs beside plain methods of statsforecast, on months that neither has seen.

Each of the last months is forecast from those before it: by a run as it would have been made then, choice of the
method and distribution included, and by each plain method on the whole history. The service quantile of a run is
that of its distribution; the plain methods take the textbook's, so many standard deviations of the last two years
of learning above the mean.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from assets.forecasting import DAYS_PER_MONTH, forecast
from assets.forecasting.distribution import ahead, fit, is_planned_by
from assets.forecasting.engine import processes
from assets.forecasting.library import long_frame
from assets.forecasting.months import Months
from assets.forecasting.quantiles import normal_quantile, quantiles
from assets.forecasting.testing import SERVICE_LEVEL, mean_steps
from assets.simulation.production import SPREAD_MONTHS, demand_classes, known_months, series_of

Tell = Callable[[str, float], None]
OURS = "runs"
SMOOTHING = 0.1
DEVIATION_MONTHS = LEAST_MONTHS = 24


@dataclass(frozen=True)
class Expected:
    """What a method says of each tested month: a row a series, a column a month."""

    means: np.ndarray
    quantiles: np.ndarray

    def take(self, rows: np.ndarray) -> Expected:
        """The series of the given rows."""
        return Expected(self.means[rows], self.quantiles[rows])


@dataclass
class Measured:
    """Mean errors over the series whose history has a step to measure them by."""

    series_count: int = 0
    measured_count: int = 0
    month_count: int = 0
    errors: dict[str, dict[str, float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The shape that ``partsbay bench`` prints."""
        return {
            "bench": "forecast",
            "measures": {
                "series": self.series_count,
                "series_measured": self.measured_count,
                "months": self.month_count,
                "service_level_pct": 100 * SERVICE_LEVEL,
            },
            "errors": self.errors,
            "seconds": {name: round(seconds, 1) for name, seconds in self.seconds.items()},
        }


def run(history: np.ndarray, month_count: int = 12, tell: Tell = lambda *_: None) -> Measured:
    """Forecast the last months of a history of parts (rows) and months (columns) by every method."""
    learn = history.shape[1] - month_count
    seen = _since_first_demand(history[:, :learn])
    absolute, squared = mean_steps(seen, np.zeros(len(history), int))
    # The library tests a series on months that it has as many of before.
    rows = np.flatnonzero(~np.isnan(absolute) & (seen.counts > month_count))
    measured = Measured(len(history), len(rows), month_count)

    def judge(name: str, expected: Expected, began: float) -> None:
        measured.seconds[name] = time.perf_counter() - began
        measured.errors[name] = _errors(history[rows, learn:], expected, absolute[rows], squared[rows])
        tell(name, measured.seconds[name])

    began = time.perf_counter()
    judge(OURS, _of_runs(history, learn).take(rows), began)
    for name, model in plain_models().items():
        began = time.perf_counter()
        judge(name, _of_library(history[rows], learn, model), began)
    return measured


def plain_models() -> dict[str, Any]:
    """Methods of the library that are taken for spare parts, with the smoothing that its documentation shows."""
    from statsforecast import models

    return {
        "HistoricAverage": models.HistoricAverage(),
        "WindowAverage 12": models.WindowAverage(window_size=12),
        "SES": models.SimpleExponentialSmoothing(alpha=SMOOTHING),
        "CrostonClassic": models.CrostonClassic(),
        "CrostonSBA": models.CrostonSBA(),
        "TSB": models.TSB(alpha_d=SMOOTHING, alpha_p=SMOOTHING),
        "ADIDA": models.ADIDA(),
        "IMAPA": models.IMAPA(),
    }


def _of_runs(history: np.ndarray, learn: int) -> Expected:
    columns = [_of_one_run(history[:, :seen]) for seen in range(learn, history.shape[1])]
    return Expected(*(np.column_stack(column) for column in zip(*columns, strict=True)))


def _of_one_run(history: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and service quantile of the next month, as a run at the end of the history plans by them."""
    months = known_months(history)
    classes = demand_classes(months)
    has_demand = np.flatnonzero(classes != "NONE")
    made = forecast(series_of(months.take(has_demand), classes[has_demand]))
    means, levels = np.zeros(len(history)), np.zeros(len(history))
    means[has_demand] = made["daily_mean_quantity"].cast(pa.float64()).to_numpy() * DAYS_PER_MONTH
    fitted = fit(months)
    slow = quantiles(*ahead(fitted, fitted.network_orders(classes), 1), SERVICE_LEVEL)
    deviation = history[:, -SPREAD_MONTHS:].std(axis=1, ddof=1)
    steady = np.maximum(means + normal_quantile(SERVICE_LEVEL) * deviation, 0)
    is_slow = is_planned_by("NEGATIVE_BINOMIAL", classes)
    levels[has_demand] = np.where(is_slow, slow, steady)[has_demand]
    return means, levels


def _of_library(history: np.ndarray, learn: int, model: Any) -> Expected:
    from statsforecast import StatsForecast

    frame = long_frame(_since_first_demand(history))
    called = StatsForecast(models=[model], freq=1, n_jobs=processes(len(history)))
    name = repr(model)
    tested = called.cross_validation(df=frame, h=1, step_size=1, n_windows=history.shape[1] - learn)
    means = np.zeros((len(history), history.shape[1] - learn))
    means[tested["unique_id"], tested["ds"] - learn] = tested[name]
    means = np.maximum(means, 0)
    deviation = history[:, learn - DEVIATION_MONTHS : learn].std(axis=1)
    return Expected(means, means + normal_quantile(SERVICE_LEVEL) * deviation[:, None])


def _since_first_demand(history: np.ndarray) -> Months:
    return known_months(history, history.shape[1])


def _errors(actual: np.ndarray, expected: Expected, absolute: np.ndarray, squared: np.ndarray) -> dict[str, float]:
    missed = actual - expected.means
    short = actual - expected.quantiles
    loss = np.where(short > 0, SERVICE_LEVEL * short, (SERVICE_LEVEL - 1) * short)
    return {
        "mase": round(float((np.abs(missed).mean(axis=1) / absolute).mean()), 4),
        "rmsse": round(float(np.sqrt((missed**2).mean(axis=1) / squared).mean()), 4),
        "pinball": round(float((loss.mean(axis=1) / absolute).mean()), 4),
        "covered": round(float((short <= 0).mean()), 4),
        "bias": round(float(-missed.sum() / actual.sum()), 4),
    }
