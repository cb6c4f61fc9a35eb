"""Mean daily demand of many parts at once, by a method that suits how each is demanded.

Every method is deterministic: the same series give the same figures. Raise
``forecast_version`` in ``dbt_project.yml`` when a method or a rule here changes,
so that stored forecasts are made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_MONTH = 30.4375
MONTHS_OF_AVERAGE = 12
# Demand that has been quiet for more than this is dying: Croston's mean would never come down.
LEAST_QUIET_MONTHS = 6
QUIET_INTERVALS = 3
# With fewer months of demand there is nothing to smooth, and the first interval would rule.
LEAST_DEMAND_MONTHS = 4
SMOOTHING = 0.1
# The probability of demand fades faster than its size, so that a dead part is given up within a year or two.
FADING = 0.2

SERIES_SCHEMA = pa.schema(
    [
        ("garage_code", pa.string()),
        ("part_id", pa.string()),
        ("demand_class_code", pa.string()),
        ("history_hash", pa.binary()),
        ("demand_quantities", pa.list_(pa.float64())),
    ]
)
FORECAST_SCHEMA = pa.schema(
    [
        ("garage_code", pa.string()),
        ("part_id", pa.string()),
        ("method_code", pa.string()),
        ("demand_class_code", pa.string()),
        ("daily_mean_quantity", pa.decimal128(18, 9)),
        ("history_hash", pa.binary()),
    ]
)


def forecast(series: pa.Table) -> pa.Table:
    """One row per series: the method taken and the mean daily demand that it expects.

    ``series`` is one row per garage and part with ``demand_quantities``, the months
    of demand from the first to the last, none missing. Intermittent demand is
    taken by Croston's method with the Syntetos-Boylan correction, lumpy demand by
    IMAPA, either by TSB once it is dying and by its mean while it is too short;
    smooth and erratic demand by the mean of the last twelve months. A series
    without a month is left out.
    """
    series = series.filter(pc.greater(pc.list_value_length(series["demand_quantities"]), 0))
    if series.num_rows == 0:
        return FORECAST_SCHEMA.empty_table()
    months = _months(series["demand_quantities"])
    methods = _methods(series["demand_class_code"], months)
    means = _monthly_means(months, methods)
    daily = pc.round(pc.divide(pa.array(means), DAYS_PER_MONTH), ndigits=9)
    return pa.table(
        [
            series["garage_code"],
            series["part_id"],
            pa.array(methods),
            series["demand_class_code"],
            pc.cast(daily, pa.decimal128(18, 9), safe=False),
            series["history_hash"],
        ],
        schema=FORECAST_SCHEMA,
    )


def _months(quantities: pa.ChunkedArray) -> pd.DataFrame:
    """The lists unrolled: series number, number of the month, demand."""
    import pandas as pd

    lists = quantities.combine_chunks()
    frame = pd.DataFrame(
        {
            "unique_id": pc.list_parent_indices(lists).to_numpy(),
            "y": pc.list_flatten(lists).to_numpy(zero_copy_only=False),
        }
    )
    frame["ds"] = frame.groupby("unique_id").cumcount()
    return frame


def _methods(classes: pa.ChunkedArray, months: pd.DataFrame) -> pd.Series:
    """The method of each series, by its class, its length and how long it has been quiet."""
    import numpy as np
    import pandas as pd

    month_count = months.groupby("unique_id").ds.size()
    demanded = months[months.y > 0].groupby("unique_id").ds
    demand_count = demanded.size().reindex(month_count.index).fillna(0)
    last = demanded.max().reindex(month_count.index).fillna(-1)
    interval = (last + 1) / demand_count.replace(0, np.nan)
    is_dying = month_count - 1 - last > np.maximum(QUIET_INTERVALS * interval, LEAST_QUIET_MONTHS)
    codes = classes.to_pandas()
    is_slow = codes.isin(["INTERMITTENT", "LUMPY"])
    is_short = np.where(is_slow, demand_count < LEAST_DEMAND_MONTHS, month_count < MONTHS_OF_AVERAGE)
    return pd.Series(
        np.select(
            [is_slow & is_dying, is_short, codes.eq("INTERMITTENT"), codes.eq("LUMPY")],
            ["TSB", "MEAN", "CROSTON_SBA", "IMAPA"],
            "MOVING_AVERAGE",
        )
    )


def _monthly_means(months: pd.DataFrame, methods: pd.Series) -> pd.Series:
    """One call of the library per method, for all series of the method together."""
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import IMAPA, TSB, CrostonSBA, HistoricAverage, WindowAverage

    models = {
        "CROSTON_SBA": CrostonSBA(),
        "IMAPA": IMAPA(),
        "TSB": TSB(alpha_d=SMOOTHING, alpha_p=FADING),
        "MOVING_AVERAGE": WindowAverage(MONTHS_OF_AVERAGE),
        "MEAN": HistoricAverage(),
    }
    means = pd.Series(0.0, index=methods.index)
    for method, numbers in methods.groupby(methods).groups.items():
        chosen = months[months.unique_id.isin(numbers)]
        if method == "CROSTON_SBA":
            # How long the very first demand had been waited for is not known; counted, it would pass for one month.
            chosen = chosen[(chosen.ds > 0) | (chosen.y == 0)]
        made = StatsForecast(models=[models[method]], freq=1, n_jobs=1).forecast(df=chosen, h=1)
        means[made["unique_id"].to_numpy()] = made[repr(models[method])].to_numpy()
    return means.clip(lower=0)
