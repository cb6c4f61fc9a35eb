"""Demand series as the models hand them out, made of a class and its months."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from assets.forecasting import SERIES_SCHEMA

LAST_MONTH = date(2001, 12, 1)


def series(*rows: tuple[str, list[float]]) -> pa.Table:
    """Rows of class and months, the last of them December 2001; garage and hash are numbered."""
    return pa.table(
        [
            pa.array([f"G{number}" for number in range(len(rows))]),
            pa.array(["part"] * len(rows)),
            pa.array([row[0] for row in rows]),
            pa.array([f"\\x{number:02x}" for number in range(len(rows))]),
            pa.array([_first_month(len(row[1])) for row in rows], pa.date32()),
            pa.array([LAST_MONTH] * len(rows), pa.date32()),
            pa.array([[float(month) for month in row[1]] for row in rows], pa.list_(pa.float64())),
        ],
        schema=SERIES_SCHEMA,
    )


def _first_month(count: int) -> date:
    months = LAST_MONTH.year * 12 + LAST_MONTH.month - max(count, 1)
    return date(months // 12, months % 12 + 1, 1)
