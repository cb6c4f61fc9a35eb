"""Stock, which the real files lack: opening counts, goods receipts and a closing count, from one rule for every cell.

A cell is a garage and a part. Periods are months at the car garages and weeks at the counter. At the start of a
period a cell below its minimum is filled to its maximum, both taken from the mean of the periods before; what the
period will need beyond that is received too, so a car garage never books stock that it does not have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deploy.demo import hashing, network
from deploy.demo.writing import DropFile

LOOK_BACK = 6
SHARE_PLENTY = 0.10
SHARE_WITHHELD = 0.20
SHARE_MISCOUNTED = 0.02
COUNTED_ON = "2002-03-28"


@dataclass(frozen=True)
class Site:
    """What differs between the car garages and the counter."""

    brand_code: str
    opened_at: str
    # Start of every period, and from which on a withheld cell gets no more than it needs.
    periods: tuple[str, ...]
    withheld_from: int
    # Minimum and maximum, in mean demand of so many periods.
    least_periods: float
    most_periods: float


@dataclass(frozen=True)
class Stock:
    """The books of a site: cells (garage_code, part_number), opening, receipts by cell and period, closing count."""

    site: Site
    cells: pd.DataFrame
    opening: np.ndarray
    receipts: np.ndarray
    counted: np.ndarray
    closing: np.ndarray


def garages_site() -> Site:
    months = pd.period_range(network.FIRST_MONTH, network.LAST_MONTH, freq="M")
    return Site(
        network.CAR_BRAND, "1998-01-01T05:00:00Z", tuple(f"{month}-01" for month in months), len(months) - 3, 1.5, 3
    )


def counter_site() -> Site:
    # Weeks from the Monday before the first trading day, Wednesday 2001-12-26, to the last one, 2002-03-25.
    weeks = tuple(day.strftime("%Y-%m-%d") for day in pd.date_range("2001-12-24", "2002-03-25", freq="7D"))
    return Site(network.RETAIL_BRAND, "2001-12-24T05:00:00Z", weeks, len(weeks) - 4, 4, 8)


def outflow(site: Site, lines: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """From lines (garage_code, part_number, day, units; units negative where stock comes back): the cells, the units
    that leave each in each period, and those that leave after the closing count."""
    period = np.searchsorted(np.array(site.periods), lines.day.to_numpy(dtype=str), side="right") - 1
    cell = pd.MultiIndex.from_frame(lines[["garage_code", "part_number"]])
    cells = cell.unique().sort_values()
    index = cells.get_indexer(cell)
    units = np.zeros((len(cells), len(site.periods)), dtype=np.int64)
    np.add.at(units, (index, period), lines.units.to_numpy())
    late = np.zeros(len(cells), dtype=np.int64)
    is_late = (lines.day > COUNTED_ON).to_numpy()
    np.add.at(late, index[is_late], lines.units.to_numpy()[is_late])
    return cells.to_frame(index=False), units, late


def simulate(site: Site, lines: pd.DataFrame) -> Stock:
    """Walk the periods once, all cells together."""
    cells, units, late = outflow(site, lines)
    keys = (cells.garage_code + "|" + cells.part_number).tolist()
    numbers = hashing.shares("habits of a cell", keys, 4)
    plenty = np.where(numbers[:, 0] < SHARE_PLENTY, 3, 1)
    withheld = numbers[:, 1] < SHARE_WITHHELD
    sums = np.concatenate([np.zeros((len(cells), 1), np.int64), units.cumsum(axis=1)], axis=1)
    receipts = np.zeros_like(units)
    first_mean = np.maximum(sums[:, LOOK_BACK], 0) / LOOK_BACK
    opening = np.ceil(first_mean * site.most_periods + 1).astype(np.int64) * plenty
    stock = opening
    for period in range(len(site.periods)):
        since, until = max(0, period - LOOK_BACK), max(LOOK_BACK, period)
        mean = np.maximum(sums[:, until] - sums[:, since], 0) / (until - since)
        least = np.where(mean > 0, np.ceil(mean * site.least_periods + 1), 0)
        most = np.ceil(mean * site.most_periods + 2) * plenty
        wants = (stock < least) & ~(withheld & (period >= site.withheld_from))
        receipt = np.maximum(np.where(wants, most - stock, 0), units[:, period] - stock)
        receipts[:, period] = np.maximum(receipt, 0).astype(np.int64)
        stock = stock + receipts[:, period] - units[:, period]
    counted = stock + late
    # One more or one less than the books; never so few that the last days of the month could not be served.
    wrong = numbers[:, 2] < SHARE_MISCOUNTED
    counted = counted + np.where(wrong, np.where((numbers[:, 3] < 0.5) & (stock > 0), -1, 1), 0)
    return Stock(site, cells, opening, receipts, counted, counted - late)


def stock_files(stock: Stock) -> list[DropFile]:
    """Opening count, receipts and closing count of every garage of the site."""
    counts = [
        *_count_files(stock, "opening", stock.opening, stock.site.opened_at),
        *_count_files(stock, "closing", stock.counted, f"{COUNTED_ON}T23:00:00Z"),
    ]
    return counts + _receipt_files(stock)


def _count_files(stock: Stock, word: str, quantity: np.ndarray, counted_at: str) -> list[DropFile]:
    cells = stock.cells
    frame = pd.DataFrame(
        {
            "count_number": "SC-" + cells.garage_code + "-" + counted_at[:10].replace("-", ""),
            "garage_code": cells.garage_code,
            "brand_code": stock.site.brand_code,
            "part_number": cells.part_number,
            "counted_quantity": quantity.astype(str),
            "uom_code": "EA",
            "counted_at": counted_at,
            "actor": "counter" if stock.site.brand_code == network.RETAIL_BRAND else "storekeeper",
        }
    )
    groups = frame.groupby("garage_code")
    return [DropFile(garage, "stock_count", f"{word}_count.csv.gz", part) for garage, part in groups]


def _receipt_files(stock: Stock) -> list[DropFile]:
    cell, period = np.nonzero(stock.receipts)
    days = np.array(stock.site.periods)[period]
    # A closing count resets a cell, so nothing is received between it and the as-of day.
    frame = pd.DataFrame(
        {
            "garage_code": stock.cells.garage_code.to_numpy()[cell],
            "day": days,
            "part_number": stock.cells.part_number.to_numpy()[cell],
            "quantity": stock.receipts[cell, period].astype(str),
        }
    ).sort_values(["garage_code", "day", "part_number"], ignore_index=True)
    line = frame.groupby(["garage_code", "day"]).cumcount() + 1
    lines = pd.DataFrame(
        {
            "adjustment_number": "GR-" + frame.garage_code + "-" + frame.day.str.replace("-", ""),
            "adjustment_line": line.astype(str),
            "garage_code": frame.garage_code,
            "brand_code": stock.site.brand_code,
            "part_number": frame.part_number,
            "direction_code": "IN",
            "quantity": frame.quantity,
            "uom_code": "EA",
            "adjustment_reason_code": "RECEIPT",
            "actor": "receiving",
            "adjusted_at": frame.day + "T06:00:00Z",
        }
    )
    return [
        DropFile(garage, "adjustment", "goods_receipts.csv.gz", part) for garage, part in lines.groupby("garage_code")
    ]
