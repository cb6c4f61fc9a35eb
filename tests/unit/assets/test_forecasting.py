"""Forecasts against figures worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from assets.forecasting import DAYS_PER_MONTH, FORECAST_SCHEMA, SERIES_SCHEMA, forecast


def series(*rows) -> pa.Table:
    """Rows of class and months; garage and hash are numbered."""
    return pa.table(
        [
            pa.array([f"G{number}" for number in range(len(rows))]),
            pa.array(["part"] * len(rows)),
            pa.array([row[0] for row in rows]),
            pa.array([bytes([number]) for number in range(len(rows))]),
            pa.array([[float(month) for month in row[1]] for row in rows], pa.list_(pa.float64())),
        ],
        schema=SERIES_SCHEMA,
    )


def monthly(table: pa.Table) -> list[float]:
    return [float(quantity) * DAYS_PER_MONTH for quantity in table["daily_mean_quantity"].to_pylist()]


def test_intermittent_demand_is_crostons_mean_less_five_percent():
    # Sizes 2, 3, 4, 3: 2, then 2.1, 2.29, 2.361. Intervals 2, 3, 1, 2: 2, then 2.1, 1.99, 1.991.
    made = forecast(series(("INTERMITTENT", [0, 2, 0, 0, 3, 4, 0, 3])))
    assert made["method_code"].to_pylist() == ["CROSTON_SBA"]
    assert monthly(made) == pytest.approx([0.95 * 2.361 / 1.991], abs=1e-6)


def test_the_first_demand_of_a_part_is_no_interval():
    # The leading 9 is dropped, so that the interval starts at 4 and not at 1.
    made = forecast(series(("INTERMITTENT", [9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1])))
    assert monthly(made) == pytest.approx([0.95 * 1 / 4], abs=1e-6)


def test_three_demands_are_too_few_to_smooth():
    made = forecast(series(("INTERMITTENT", [1, 0, 0, 0, 0, 0, 1, 0, 0, 1]), ("LUMPY", [9, 0, 0, 1, 0, 0, 0, 0])))
    assert made["method_code"].to_pylist() == ["MEAN", "MEAN"]
    assert monthly(made) == pytest.approx([0.3, 1.25], abs=1e-6)


def test_lumpy_demand_is_averaged_over_levels_of_aggregation():
    # Equal gaps of three months and equal sizes: every level of aggregation that fits says the same, 6 in three months.
    made = forecast(series(("LUMPY", [0, 0, 6] * 12)))
    assert made["method_code"].to_pylist() == ["IMAPA"]
    assert monthly(made)[0] == pytest.approx(2, rel=0.25)


def test_smooth_and_erratic_demand_is_the_mean_of_the_last_twelve_months():
    made = forecast(series(("SMOOTH", [100] * 6 + [3] * 12), ("ERRATIC", [1, 9, 2])))
    assert made["method_code"].to_pylist() == ["MOVING_AVERAGE", "MEAN"]
    assert monthly(made) == pytest.approx([3, 4], abs=1e-6)


def test_dying_demand_fades():
    # TSB: the probability starts at 1 and is multiplied by 0.8 in each of the nine quiet months; the size stays 5.
    made = forecast(series(("INTERMITTENT", [5, 5, 5] + [0] * 9), ("LUMPY", [5] + [0] * 9)))
    assert made["method_code"].to_pylist() == ["TSB", "TSB"]
    assert monthly(made) == pytest.approx([5 * 0.8**9] * 2, abs=1e-6)


def test_demand_with_long_gaps_is_not_dying_within_one_of_them():
    # A demand every five months: quiet for ten is two intervals, not more than three.
    made = forecast(series(("INTERMITTENT", [0, 0, 0, 0, 1] * 4 + [0] * 10)))
    assert made["method_code"].to_pylist() == ["CROSTON_SBA"]


def test_every_series_comes_back_once_with_its_hash_and_class():
    rows = [("INTERMITTENT", [0, 1] * 9), ("LUMPY", [0, 1, 9] * 6), ("SMOOTH", [4] * 18), ("ERRATIC", [1, 9] * 9)]
    made = forecast(series(*rows))
    assert made.schema == FORECAST_SCHEMA
    assert made["garage_code"].to_pylist() == ["G0", "G1", "G2", "G3"]
    assert made["history_hash"].to_pylist() == [b"\x00", b"\x01", b"\x02", b"\x03"]
    assert made["demand_class_code"].to_pylist() == [row[0] for row in rows]


def test_the_company_a_series_keeps_does_not_change_its_forecast():
    alone = forecast(series(("INTERMITTENT", [0, 2, 0, 0, 3, 4, 0, 3])))
    among = forecast(series(("INTERMITTENT", [0, 2, 0, 0, 3, 4, 0, 3]), ("LUMPY", [0, 9, 1] * 9), ("SMOOTH", [4] * 18)))
    assert among["daily_mean_quantity"][0] == alone["daily_mean_quantity"][0]


def test_the_same_series_give_the_same_figures():
    rows = [("LUMPY", [number % 7 * (number % 3 == 0) for number in range(36)])] * 20
    assert forecast(series(*rows)).equals(forecast(series(*rows)))


def test_no_series_and_a_series_without_months_give_no_forecast():
    assert forecast(SERIES_SCHEMA.empty_table()).num_rows == 0
    assert forecast(series(("SMOOTH", []))).num_rows == 0


def test_a_series_without_demand_is_forecast_as_none():
    assert forecast(series(("SMOOTH", [0] * 20)))["daily_mean_quantity"].to_pylist() == [Decimal(0)]
