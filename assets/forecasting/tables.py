"""What goes into a forecast and what comes out, as Arrow schemas."""

from __future__ import annotations

import pyarrow as pa

SERIES_SCHEMA = pa.schema(
    [
        ("garage_code", pa.string()),
        ("part_id", pa.string()),
        ("demand_class_code", pa.string()),
        ("history_hash", pa.string()),
        ("first_month_on", pa.date32()),
        ("last_month_on", pa.date32()),
        ("demand_quantities", pa.list_(pa.float64())),
    ]
)
# The lists of a row go together: what each method that was tested came to. Errors are null where nothing was tested,
# or where the history before it has no step to measure them by.
FORECAST_SCHEMA = pa.schema(
    [
        ("garage_code", pa.string()),
        ("part_id", pa.string()),
        ("method_code", pa.string()),
        ("demand_class_code", pa.string()),
        ("daily_mean_quantity", pa.decimal128(18, 9)),
        ("history_hash", pa.string()),
        ("tested_month_count", pa.int32()),
        ("tested_method_codes", pa.list_(pa.string())),
        ("mase_values", pa.list_(pa.float64())),
        ("rmsse_values", pa.list_(pa.float64())),
        ("pinball_values", pa.list_(pa.float64())),
        ("smape_values", pa.list_(pa.float64())),
        ("season_values", pa.list_(pa.float64())),
        ("distribution_code", pa.string()),
        ("monthly_mean_quantity", pa.decimal128(18, 9)),
        ("dispersion_value", pa.decimal128(18, 9)),
        ("effective_month_count", pa.decimal128(18, 9)),
    ]
)
