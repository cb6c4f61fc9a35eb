"""Histories of monthly demand: from a file, one row per part and month or one row per part, or of the network."""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg

from ingest.errors import SettingsError

_MOST_CELLS = 20_000_000
_CALENDAR_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-\d\d)?")
# What the last run made of usage, lost sales and emergency buys (F7), days without stock accounted for; and the sum of
# the squares of its days, by which runs know how steady demand spreads.
_NETWORK = """
    with squared as (
        select
            garage_code, part_id, date_trunc('month', demand_on::timestamp)::date as month_on,
            sum(demand_quantity * demand_quantity) as quantity
        from intermediate.int_demand_rolled_up
        group by 1, 2, 3
    )

    select
        garage_code || ' ' || part_id,
        month_on::text,
        clean_quantity::float8,
        coalesce(squared.quantity * clean_quantity / nullif(demand_quantity, 0), 0)::float8
    from intermediate.int_demand_monthly
    left join squared using (garage_code, part_id, month_on)
"""
_UNIT_COSTS = "select part_id::text, currency_code, unit_cost_amount::float8 from intermediate.int_parts_current"


def read_demand(path: Path) -> np.ndarray:
    """Units by part and month, shape (parts, months); a month that the source lacks counts as no demand.

    Three columns are part, month (2002-01, or counted from 1) and quantity, of which rows of the same part and month
    add up; any other number of them is one row per part with a column a month, whose first may name the part.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SettingsError("NO_DEMAND", f"{path} cannot be read: {error}", "Name a CSV file of demand.") from None
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    if len(rows) < 2:
        raise SettingsError("NO_DEMAND", f"{path} holds no history", "Name a CSV file with a header and rows.")
    made = _long(rows[1:], path) if len(rows[0]) == 3 else _wide(rows[1:], path)
    if not made.size:
        raise SettingsError("NO_DEMAND", f"{path} has no column of months", "Name a CSV file of demand.")
    if made.min() < 0:
        raise SettingsError("NO_DEMAND", f"{path} has demand below zero", "Take returns out of the history.")
    return made


@dataclass(frozen=True)
class NetworkDemand:
    """``names`` are garage and part, by which the rows of the matrices are sorted; a column a month.

    ``squares`` are the squared quantities of the days of each month, added up. ``unit_costs`` are None where parts are
    of several currencies, which add up to nothing.
    """

    names: np.ndarray
    demand: np.ndarray
    squares: np.ndarray
    unit_costs: np.ndarray | None
    currency: str | None


def network_demand(connection: psycopg.Connection) -> NetworkDemand:
    """Demand by garage-part and month as the last run counted it; refused before the first run."""
    made = connection.execute("select to_regclass('intermediate.int_demand_monthly')").fetchone()[0]
    rows = connection.execute(_NETWORK).fetchall() if made else []
    if not rows:
        raise SettingsError("NO_DEMAND", "no run has worked out demand yet", "Run `partsbay run`, or name --demand.")
    series, months, quantities, squared = zip(*rows, strict=True)
    names, places = np.unique(series, return_inverse=True)
    calendar = _calendar(min(months), max(months))
    if len(names) * len(calendar) > _MOST_CELLS:
        raise SettingsError("NO_DEMAND", "the network is too large to be played at once", "Name a file with --demand.")
    demand, squares = np.zeros((2, len(names), len(calendar)))
    columns = [calendar[month] for month in months]
    demand[places, columns], squares[places, columns] = quantities, squared
    costs = {part: (currency, cost or 0.0) for part, currency, cost in connection.execute(_UNIT_COSTS)}
    found = [costs.get(name.rpartition(" ")[2], (None, 0.0)) for name in names]
    currencies = {currency for currency, cost in found if cost}
    if len(currencies) != 1:
        return NetworkDemand(names, np.round(demand), squares, None, None)
    return NetworkDemand(names, np.round(demand), squares, np.array([cost for _, cost in found]), currencies.pop())


def _calendar(first: str, last: str) -> dict[str, int]:
    """Every month between two first days of a month, and its place."""
    months = np.arange(first[:7], np.datetime64(last[:7]) + 1, dtype="datetime64[M]")
    return {f"{month}-01": place for place, month in enumerate(months)}


def _long(rows: list[list[str]], path: Path) -> np.ndarray:
    for line, row in enumerate(rows, 2):
        if len(row) != 3:
            raise SettingsError("NO_DEMAND", f"{path} line {line} is no part, month and quantity", "Mend the line.")
    parts = {part: place for place, part in enumerate(sorted({row[0] for row in rows}))}
    months = [_month(row[1], path, line) for line, row in enumerate(rows, 2)]
    first = min(months)
    width = max(months) - first + 1
    if len(parts) * width > _MOST_CELLS:
        raise SettingsError("NO_DEMAND", f"{path} is too large to be played", "Choose fewer parts.")
    demand = np.zeros((len(parts), width))
    for line, (row, month) in enumerate(zip(rows, months, strict=True), 2):
        demand[parts[row[0]], month - first] += _number(row[2], path, line)
    return demand


def _month(text: str, path: Path, line: int) -> int:
    """Months as numbers that follow each other: counted by the source, or of the calendar."""
    text = text.strip()
    if match := _CALENDAR_MONTH.fullmatch(text):
        return int(match[1]) * 12 + int(match[2])
    if text.isdecimal() and len(text) < 5:
        return int(text)
    raise SettingsError(
        "NO_DEMAND", f"{path} line {line}: '{text}' is no month", "Write 2002-01, or count months from 1."
    )


def _wide(rows: list[list[str]], path: Path) -> np.ndarray:
    width = min(map(len, rows))
    first = 0 if all(_is_number(row[0]) for row in rows[:50]) else 1
    return np.array([[_number(text, path, line) for text in row[first:width]] for line, row in enumerate(rows, 2)])


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit() or text.strip() in ("", "NA")


def _number(text: str, path: Path, line: int) -> float:
    text = text.strip()
    try:
        found = float(text) if text not in ("", "NA") else 0.0
        if not math.isfinite(found):
            raise ValueError
        return found
    except ValueError:
        raise SettingsError(
            "NO_DEMAND", f"{path} line {line}: '{text}' is no quantity", "Mend the line, or leave it empty."
        ) from None
