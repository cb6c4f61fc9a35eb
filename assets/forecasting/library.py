"""The methods of statsforecast, called once for all series that a method is asked of."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.forecasting.months import Months

if TYPE_CHECKING:
    import pandas as pd

SMOOTHING = 0.1
# The probability of demand fades faster than its size, so that a dead part is given up within a year or two.
FADING = 0.2
SEASON_MONTHS = 12


def load_beforehand() -> None:
    """Load the library in a thread of its own, so that it is there when something else was waited for.

    A second or two, for which nobody waits; whoever needs it earlier waits for the rest.
    """
    Thread(target=load, name="forecasting library", daemon=True).start()


def load() -> None:
    """Import what a forecast needs of the library."""
    import_module("statsforecast.models")


def models(codes: Sequence[str]) -> list[Any]:
    """The models of the library, each under our code."""
    from statsforecast.models import ADIDA, IMAPA, TSB, AutoETS, CrostonSBA, SimpleExponentialSmoothing

    made = {
        "CROSTON_SBA": CrostonSBA(alias="CROSTON_SBA"),
        "TSB": TSB(alpha_d=SMOOTHING, alpha_p=FADING, alias="TSB"),
        "ADIDA": ADIDA(alias="ADIDA"),
        "IMAPA": IMAPA(alias="IMAPA"),
        "SES": SimpleExponentialSmoothing(alpha=FADING, alias="SES"),
        # Errors and season add up, as a month without demand has no ratio to the one before.
        "ETS": AutoETS(season_length=SEASON_MONTHS, model="ANA", alias="ETS"),
    }
    return [made[code] for code in codes]


def one_step_forecasts(months: Months, codes: Sequence[str]) -> dict[str, np.ndarray]:
    """Per method a matrix: column t is what it expects of month t from the months before it; the last is still to come.

    These methods look at each month once and expect the same of all months to come, so that one pass over a series
    gives its forecast from every origin. IMAPA alone differs at some: it averages levels of aggregation up to the mean
    interval, and where that ends in a half, the pass rounds it up and a forecast to the even level.
    """
    frame = long_frame(months)
    called = library(codes)
    following = called.forecast(df=frame, h=1, fitted=True)
    fitted = called.forecast_fitted_values()
    expected = {}
    for code in codes:
        matrix = np.full((len(months.counts), months.width + 1), np.nan)
        matrix[:, :-1][months.is_known] = fitted[code].to_numpy()
        matrix[:, -1] = following[code].to_numpy()
        expected[code] = matrix
    return expected


def forecasts_ahead(months: Months, code: str, month_count: int) -> np.ndarray:
    """What a method expects of the next months: a row a series, a column a month."""
    made = library([code]).forecast(df=long_frame(months), h=month_count)
    return made[code].to_numpy().reshape(-1, month_count)


def long_frame(months: Months) -> pd.DataFrame:
    """A row per series and month, as the library takes it."""
    import pandas as pd

    rows, columns = np.nonzero(months.is_known)
    return pd.DataFrame({"unique_id": rows, "ds": columns, "y": months.quantities[rows, columns]})


def library(codes: Sequence[str], process_count: int = 1):
    from statsforecast import StatsForecast

    return StatsForecast(models=models(codes), freq=1, n_jobs=process_count)
