"""Forecasts against figures worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from assets.forecasting import DAYS_PER_MONTH, FORECAST_SCHEMA, SERIES_SCHEMA, forecast
from assets.forecasting.candidates import METHODS
from assets.forecasting.forecast import choose
from assets.forecasting.testing import Errors
from tests.support.demand_series import series


def monthly(table) -> list[float]:
    return [float(quantity) * DAYS_PER_MONTH for quantity in table["daily_mean_quantity"].to_pylist()]


def errors(table, row: int = 0) -> dict[str, dict[str, float]]:
    """Per method its errors in one row of forecasts."""
    line = table.slice(row, 1).to_pylist()[0]
    names = ("mase_values", "rmsse_values", "pinball_values", "smape_values")
    return {code: {name: line[name][place] for name in names} for place, code in enumerate(line["tested_method_codes"])}


def test_slow_demand_is_aggregated_to_its_interval():
    # The first month is left out. Of 4 months each: 2, 2, 2 units, whatever the smoothing: a half a month.
    made = forecast(series(("INTERMITTENT", [7, *[0, 0, 0, 2] * 3])))
    assert made["method_code"].to_pylist() == ["ADIDA"]
    assert monthly(made) == pytest.approx([0.5], abs=1e-6)


def test_three_demands_are_too_few_to_smooth():
    made = forecast(series(("INTERMITTENT", [1, 0, 0, 0, 0, 0, 1, 0, 0, 1]), ("LUMPY", [9, 0, 0, 1, 0, 0, 0, 0])))
    assert made["method_code"].to_pylist() == ["MEAN", "MEAN"]
    assert monthly(made) == pytest.approx([0.3, 1.25], abs=1e-6)
    assert made["tested_method_codes"].to_pylist() == [[], []]


def test_smooth_and_erratic_demand_is_the_mean_of_the_last_twelve_months():
    made = forecast(series(("SMOOTH", [4, 2] * 9), ("ERRATIC", [1, 9, 2])))
    assert made["method_code"].to_pylist() == ["MOVING_AVERAGE", "MEAN"]
    assert monthly(made) == pytest.approx([3, 4], abs=1e-6)


def test_dying_demand_that_was_hardly_seen_fades():
    # TSB: the probability starts at 1 and is multiplied by 0.8 in each of the nine quiet months; the size stays 5.
    made = forecast(series(("INTERMITTENT", [5, 5, 5] + [0] * 9)))
    assert made["method_code"].to_pylist() == ["TSB"]
    assert monthly(made) == pytest.approx([5 * 0.8**9], abs=1e-6)


def test_demand_with_long_gaps_is_not_dying_within_one_of_them():
    # A demand every five months: quiet for seven is less than three intervals.
    made = forecast(series(("INTERMITTENT", [0, 0, 0, 0, 1] * 3 + [0] * 7)))
    assert made["method_code"].to_pylist() == ["MEAN"]


def test_a_method_that_did_clearly_better_is_taken():
    # The level rose for good: what looks back a year lags behind, smoothing by a fifth less so.
    made = forecast(series(("SMOOTH", [10, 12] * 6 + [30, 32] * 6)))
    assert made["method_code"].to_pylist() == ["SES"]
    found = errors(made)
    assert found["SES"]["rmsse_values"] < found["MOVING_AVERAGE"]["rmsse_values"]


@pytest.mark.parametrize(("squared", "taken"), [(9.1, "ADIDA"), (8.9, "TSB")])
def test_a_method_that_did_a_little_better_is_left(squared, taken):
    # Of the usual method 10, so that a tenth less is 9.
    missed = np.full((1, len(METHODS)), np.nan)
    missed[0, [METHODS.index("ADIDA"), METHODS.index("TSB")]] = 10, squared
    found = Errors(np.array([12]), *[missed] * 5)
    assert METHODS[choose(found, np.array([METHODS.index("ADIDA")]))[0]] == taken


def test_errors_are_those_of_one_month_ahead_over_what_was_not_seen():
    # Of 8 months 4 are tested. Before them 2, 4, 2, 4 change by 2. The mean expects 3, 3, 3.2, 3.33 of 3, 4, 4, 6.
    found = errors(forecast(series(("SMOOTH", [2, 4, 2, 4, 3, 4, 4, 6]))))["MEAN"]
    missed = [0, 1, 4 - 19 / 6, 6 - 23 / 7]
    assert found["mase_values"] == pytest.approx(sum(missed) / 4 / 2, abs=1e-6)
    assert found["rmsse_values"] == pytest.approx((sum(error**2 for error in missed) / 4) ** 0.5 / 2, abs=1e-6)


def test_the_percentage_error_is_symmetric_and_nothing_where_nothing_was_expected_and_nothing_came():
    # Expected 3, 3, 19/6, 23/7 of 3, 4, 4, 6: nothing, 2 x 1 / 7, 2 x 5/6 / (43/6), 2 x 19/7 / (65/7).
    found = errors(forecast(series(("SMOOTH", [2, 4, 2, 4, 3, 4, 4, 6]))))["MEAN"]
    assert found["smape_values"] == pytest.approx(100 * (0 + 2 / 7 + 10 / 43 + 38 / 65) / 4, abs=1e-6)
    none = errors(forecast(series(("SMOOTH", [0] * 8))))["MEAN"]
    assert none["smape_values"] == 0


def test_the_pinball_loss_is_that_of_stock_of_the_service_quantile():
    # Before the test always 2 or 4 around 3, less spread than Poisson of 3 has, of which 6 is the quantile of 95 %.
    found = errors(forecast(series(("SMOOTH", [2, 4, 2, 4, 3, 3, 3, 3]))))["MEAN"]
    assert found["pinball_values"] == pytest.approx(0.05 * 3 / 2, abs=1e-6)


def test_a_season_of_three_years_is_carried_on():
    year = [5, 5, 5, 10, 20, 30, 30, 20, 10, 5, 5, 5]
    noise = [0, 1, -1, 0, 1, -1, 1, 0, -1, 0, 1, -1]
    months = [*year, *(a + b for a, b in zip(year, noise, strict=True)), *year]
    made = forecast(series(("SMOOTH", months), ("SMOOTH", ([8, 9, 7, 10, 6] * 8)[:36])))
    assert made["method_code"].to_pylist() == ["ETS", "MOVING_AVERAGE"]
    assert monthly(made)[0] == pytest.approx(12.5, rel=0.03)
    season, none = made["season_values"].to_pylist()
    # The series ends in December: June is two and a half of a mean month, January less than a half.
    assert season[5] == pytest.approx(30 / 12.5, rel=0.1)
    assert season[0] == pytest.approx(5 / 12.5, rel=0.1)
    assert sum(season) == pytest.approx(12)
    assert none == []


def test_every_series_comes_back_once_with_its_hash_and_class():
    rows = [("INTERMITTENT", [0, 1] * 9), ("LUMPY", [0, 1, 9] * 6), ("SMOOTH", [4] * 18), ("ERRATIC", [1, 9] * 9)]
    made = forecast(series(*rows))
    assert made.schema == FORECAST_SCHEMA
    assert made["garage_code"].to_pylist() == ["G0", "G1", "G2", "G3"]
    assert made["history_hash"].to_pylist() == ["\\x00", "\\x01", "\\x02", "\\x03"]
    assert made["demand_class_code"].to_pylist() == [row[0] for row in rows]
    assert set(made["method_code"].to_pylist()[:2]) <= set(errors(made))


def test_the_company_a_series_keeps_does_not_change_its_forecast():
    alone = forecast(series(("INTERMITTENT", [0, 2, 0, 0, 3, 4, 0, 3])))
    among = forecast(series(("INTERMITTENT", [0, 2, 0, 0, 3, 4, 0, 3]), ("LUMPY", [0, 9, 1] * 9), ("SMOOTH", [4] * 40)))
    assert among.slice(0, 1).to_pylist() == alone.to_pylist()


def test_the_same_series_give_the_same_figures():
    rows = [("LUMPY", [number % 7 * (number % 3 == 0) for number in range(36)])] * 20
    assert forecast(series(*rows)).equals(forecast(series(*rows)))


def test_no_series_and_a_series_without_months_give_no_forecast():
    assert forecast(SERIES_SCHEMA.empty_table()).num_rows == 0
    assert forecast(series(("SMOOTH", []))).num_rows == 0


def test_a_series_without_demand_is_forecast_as_none():
    assert forecast(series(("SMOOTH", [0] * 20)))["daily_mean_quantity"].to_pylist() == [Decimal(0)]
