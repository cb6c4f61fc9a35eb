"""Car parts: every unit of the monthly demand, given to one garage on one day."""

from __future__ import annotations

import calendar
from datetime import date

import numpy as np
import pandas as pd

from deploy.demo import hashing, network, source
from deploy.demo.writing import DropFile

HOME_SHARE = 0.65
LINES_PER_ORDER = 3


def demand() -> pd.DataFrame:
    """One row per part and month with demand: part_number, month, units. Missing and empty months give no row."""
    lines = source.carparts().rename(columns={"part_id": "part_number"})
    lines = lines[lines.demand.ne("")]
    lines = lines.assign(units=lines.demand.astype(int))
    return lines.loc[lines.units > 0, ["part_number", "month", "units"]].reset_index(drop=True)


def homes(part_numbers: list[str]) -> pd.DataFrame:
    """One row per part: the index of its home garage and of its second garage, always another."""
    numbers = hashing.shares("garages of a part", part_numbers, 2)
    weights = [garage.weight for garage in network.CAR_GARAGES]
    home = hashing.weighted(numbers[:, 0], weights)
    second = (home + 1 + (numbers[:, 1] * (len(weights) - 1)).astype(int)) % len(weights)
    return pd.DataFrame({"part_number": part_numbers, "home": home, "second": second})


def _workdays() -> dict[str, list[str]]:
    """Monday to Saturday of every month of the data."""
    months = pd.period_range(network.FIRST_MONTH, network.LAST_MONTH, freq="M")
    return {
        str(month): [
            day.isoformat()
            for number in range(1, calendar.monthrange(month.year, month.month)[1] + 1)
            if (day := date(month.year, month.month, number)).weekday() < 6
        ]
        for month in months
    }


def usage() -> pd.DataFrame:
    """One row per garage, day and part: the units fitted, with the work order they are booked on."""
    cells = demand().merge(homes(sorted(demand().part_number.unique())), on="part_number")
    units = cells.loc[cells.index.repeat(cells.units)].reset_index(drop=True)
    numbers_in_month = units.groupby(["part_number", "month"], sort=False).cumcount().astype(str)
    keys = (units.part_number + "|" + units.month + "|" + numbers_in_month).tolist()
    numbers = hashing.shares("garage and day of a unit", keys, 2)
    index = np.where(numbers[:, 0] < HOME_SHARE, units.home, units.second)
    days = _workdays()
    units["garage_code"] = np.array([garage.code for garage in network.CAR_GARAGES])[index]
    units["day"] = [
        days[month][int(at * len(days[month]))] for month, at in zip(units.month, numbers[:, 1], strict=True)
    ]
    lines = (
        units.groupby(["garage_code", "day", "part_number"], as_index=False).size().rename(columns={"size": "units"})
    )
    return _booked(lines)


def _booked(lines: pd.DataFrame) -> pd.DataFrame:
    """Add work order, line and moment: up to three parts of a day share a work order and its hour."""
    position = lines.groupby(["garage_code", "day"]).cumcount()
    order = position // LINES_PER_ORDER + 1
    lines["work_order_number"] = (
        "WO-" + lines.garage_code + "-" + lines.day.str.replace("-", "") + "-" + order.astype(str).str.zfill(2)
    )
    lines["work_order_line"] = (position % LINES_PER_ORDER + 1).astype(str)
    # 14:00 to 21:59 UTC: inside opening hours of all six garages.
    minute = hashing.pick("minute of a work order", lines.work_order_number.tolist(), 8 * 60) + 14 * 60
    clock = [f"{value // 60:02d}:{value % 60:02d}:00" for value in minute.tolist()]
    lines["consumed_at"] = lines.day + "T" + pd.Series(clock, index=lines.index) + "Z"
    return lines


def usage_files(lines: pd.DataFrame) -> list[DropFile]:
    """One file per garage and year."""
    frame = pd.DataFrame(
        {
            "garage_code": lines.garage_code,
            "work_order_number": lines.work_order_number,
            "work_order_line": lines.work_order_line,
            "brand_code": network.CAR_BRAND,
            "part_number": lines.part_number,
            "usage_type_code": "FITTED",
            "quantity": lines.units.astype(str),
            "uom_code": "EA",
            "consumed_at": lines.consumed_at,
            "actor": "workshop",
        }
    )
    groups = frame.groupby([lines.garage_code, lines.day.str[:4]])
    return [DropFile(garage, "usage", f"usage_{year}.csv.gz", part) for (garage, year), part in groups]
