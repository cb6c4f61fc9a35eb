"""Why a part is forecast as it is: its history, every method with its errors, what was added, what came out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.errors import SettingsError
from ingest.quantities import plain

_RATE = """
    select
        series.garage_code, series.demand_class_code, series.adi_value, series.cv2_value, series.as_of_on,
        forecasts.method_code as forecast_method_code, forecasts.daily_mean_quantity as forecast_mean_quantity,
        forecasts.as_of_on as forecast_on, coalesce(forecasts.tested_month_count, 0) as tested_month_count,
        forecasts.season_values, rates.method_code, rates.base_mean_quantity,
        points.season_factor, points.uplift_factor,
        coalesce(points.daily_mean_quantity, rates.base_mean_quantity) as daily_mean_quantity,
        coalesce(points.daily_sd_quantity, rates.base_sd_quantity) as daily_sd_quantity,
        suppliers.protection_days, borrowed.lent_mean_quantity
    from intermediate.int_demand_series as series
    inner join intermediate.int_demand_rates as rates using (garage_code, part_id)
    left join intermediate.int_reorder_points as points using (garage_code, part_id)
    left join intermediate.int_suppliers_chosen as suppliers using (garage_code, part_id)
    left join intermediate.int_forecasts_in_force as forecasts using (garage_code, part_id)
    left join intermediate.int_rates_borrowed as borrowed using (garage_code, part_id)
    where series.garage_code = %(garage_code)s and series.part_id = %(part_id)s
"""
_MONTHS = """
    select month_on, demand_quantity, no_data_days, is_no_data
    from intermediate.int_demand_monthly
    where garage_code = %(garage_code)s and part_id = %(part_id)s
    order by month_on
"""
_CANDIDATES = """
    select method_code, is_chosen, mase_value, rmsse_value, pinball_value, smape_value
    from marts.fct_forecast_accuracy
    where garage_code = %(garage_code)s and part_id = %(part_id)s
    order by rmsse_value, method_code
"""

_SET_APART = """
    select demand_on, reason_code, demand_quantity, counted_quantity
    from marts.fct_demand_outliers
    where garage_code = %(garage_code)s and part_id = %(part_id)s
    order by demand_on desc, reason_code
"""


def shown_forecast(connection: psycopg.Connection, part_id: UUID, garage_code: str) -> dict[str, Any]:
    """What the last build of the models says of the demand of a part in a garage, history and choice included."""
    given = {"garage_code": garage_code, "part_id": part_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        built = cursor.execute("select to_regclass('intermediate.int_demand_rates') is not null as is_built")
        if not built.fetchone()["is_built"]:
            raise SettingsError("NO_MODELS", "Nothing was forecast yet", "Run partsbay run.")
        rate = cursor.execute(_RATE, given).fetchone()
        if rate is None:
            words = f"Garage {garage_code} knows no demand and no stock of the part"
            raise SettingsError("NO_DEMAND", words, "Choose another garage: partsbay stock show PART.")
        months = cursor.execute(_MONTHS, given).fetchall()
        candidates = cursor.execute(_CANDIDATES, given).fetchall()
        set_apart = cursor.execute(_SET_APART, given).fetchall()
    return {**rate, "months": months, "set_apart": set_apart, "candidates": candidates, "why": _why(rate, candidates)}


def factor_words(shown: dict[str, Any]) -> str:
    """What the days that stock has to last are of usual days: `` × 1.2 by planners``; nothing where they are usual."""
    named = (("season_factor", "for the season"), ("uplift_factor", "by planners"))
    return "".join(
        f" × {plain(round(shown[name], 4))} {words}" for name, words in named if shown[name] not in (None, 1)
    )


def _why(rate: dict[str, Any], candidates: list[dict[str, Any]]) -> str:
    """The choice in a sentence."""
    method = rate["method_code"]
    if rate["demand_class_code"] == "NONE" and not rate["lent_mean_quantity"]:
        return "There is no demand to forecast."
    if method in ("NEW_FROM_PREDECESSOR", "NEW_FROM_CLASS"):
        lender = "its predecessor" if method == "NEW_FROM_PREDECESSOR" else "its category and stocking class"
        return f"The part is new: the days it was not known count with the mean of {lender}."
    if method in ("NEW_MEAN", "CLEAN_MEAN"):
        return "Too little is known of it for a forecast: the mean of the days that are known."
    if not candidates:
        return f"Too little demand to test methods on: {method} is what is taken of such a series."
    best = candidates[0]
    if best["method_code"] == method:
        return f"{method} had the smallest squared error over {rate['tested_month_count']} months."
    return (
        f"{method} is usual for the class; {best['method_code']} did better, but by less than a tenth, which is chance."
    )
