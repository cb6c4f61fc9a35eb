"""What each method expects of every month, beside the library called month by month."""

from __future__ import annotations

import numpy as np
import pytest

from assets.forecasting.candidates import candidates
from assets.forecasting.library import long_frame, models, one_step_forecasts
from assets.forecasting.months import months_of
from assets.forecasting.season import season_of
from tests.support.demand_series import series

SERIES = [
    [3, 0, 0, 2, 0, 1, 0, 0, 0, 4, 0, 0, 5, 0, 2, 1],
    [0, 1, 1, 0, 3, 0, 9, 0, 0, 1],
    [2, 2, 0, 3, 4, 0, 3, 1, 2, 2, 3, 4, 1],
]


def matrix(*rows):
    return months_of(series(*(("LUMPY", row) for row in rows))["demand_quantities"])


@pytest.mark.parametrize("code", ["CROSTON_SBA", "TSB", "ADIDA", "SES"])
def test_one_pass_expects_what_the_library_does_from_every_origin(code):
    from statsforecast import StatsForecast

    months = matrix(*SERIES)
    expected = one_step_forecasts(months, [code])[code]
    for seen in range(5, months.width + 1):
        frame = long_frame(months)
        frame = frame[frame.ds < seen]
        made = StatsForecast(models=models([code]), freq=1, n_jobs=1).forecast(df=frame, h=1)
        np.testing.assert_allclose(expected[made["unique_id"], seen], made[code], atol=1e-12)


def test_imapa_expects_what_the_library_does_but_where_a_level_is_rounded_from_a_half():
    from statsforecast.models import IMAPA

    months = matrix(*SERIES)
    expected = one_step_forecasts(months, ["IMAPA"])["IMAPA"]
    compared = halves = 0
    for row, quantities in enumerate(SERIES):
        y = np.array(quantities, dtype=float)
        for seen in range(5, len(y) + 1):
            # Months from each demand to the next, the first counted from the beginning.
            intervals = np.diff(np.flatnonzero(y[:seen]), prepend=-1)
            if intervals.mean() % 1 == 0.5:
                halves += 1
                continue
            library = IMAPA().forecast(y=y[:seen], h=1)["mean"][0]
            assert expected[row, months.width - len(y) + seen] == pytest.approx(library, abs=1e-12)
            compared += 1
    assert (compared, halves) == (23, 4)


def test_averages_are_those_of_the_library():
    from statsforecast.models import HistoricAverage, WindowAverage

    months = matrix(*SERIES)
    made = candidates(np.array(["SMOOTH"] * 3), months, np.zeros(3, bool), np.full(3, 12)).expected
    for row, quantities in enumerate(SERIES):
        y = np.array(quantities, dtype=float)
        assert made["MEAN"][row, -1] == pytest.approx(HistoricAverage().forecast(y=y, h=1)["mean"][0])
        window = WindowAverage(min(12, len(y))).forecast(y=y, h=1)["mean"][0]
        assert made["MOVING_AVERAGE"][row, -1] == pytest.approx(window)


def test_a_series_begins_with_its_first_demand_which_says_nothing_of_how_often_there_is_any():
    months = matrix([9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1])
    made = candidates(np.array(["INTERMITTENT"]), months, np.zeros(1, bool), np.full(1, 12)).expected
    # Sizes of 1 every 4 months, less five per cent; the 9 of the first month is no interval of 1.
    assert made["CROSTON_SBA"][0, -1] == pytest.approx(0.95 / 4)


def test_a_season_is_told_by_the_calendar():
    # After a series that ends in March the first month ahead is April.
    ahead = np.arange(1.0, 13.0)[None, :]
    season = season_of(ahead, np.array([3]))[0]
    assert season[3] == pytest.approx(1 / 6.5)
    assert season[2] == pytest.approx(12 / 6.5)
