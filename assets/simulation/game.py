"""The game: lost sales, a review at each month's end, order up to a level, whole units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.forecasting.months import DAYS_PER_MONTH


@dataclass(frozen=True)
class Played:
    """What a policy came to: share of demand served at once, mean of opening and closing stock in units, and counts.

    ``stock_out_days`` are days of a part, of the demand of a month spread evenly over it, on which it was asked for and
    not there. ``average_value`` is the mean stock at what a unit costs, None where nobody said.
    """

    fill_rate: float
    average_stock: float
    order_line_count: int
    stock_out_months: int
    stock_out_days: float
    average_value: float | None = None


def play(
    levels: Sequence[np.ndarray], demand: np.ndarray, delay: int = 0, unit_costs: np.ndarray | None = None
) -> Played:
    """Play the months of ``demand`` (parts, months); ``levels[t]`` is up to where is ordered at the start of month t.

    There is one level more than months, for the review after the last. The first is on the shelf at
    the start. ``delay`` is how many further months pass before an order is there: 0 is there when the
    next month opens, 1 when the one after it does. ``unit_costs`` are by part.
    """
    on_hand, coming = levels[0].astype(float), np.zeros(len(demand))
    sold = days = 0.0
    stock = np.zeros(len(demand))
    order_lines = stock_outs = 0
    for month, wanted in enumerate(demand.T):
        opening = on_hand
        taken = np.minimum(on_hand, wanted)
        on_hand = on_hand - taken
        sold += taken.sum()
        stock += (opening + on_hand) / 2
        is_short = taken < wanted
        stock_outs += int(is_short.sum())
        days += DAYS_PER_MONTH * float((1 - taken[is_short] / wanted[is_short]).sum())
        if delay:
            on_hand = on_hand + coming
        ordered = np.maximum(levels[month + 1] - on_hand, 0)
        order_lines += int((ordered > 0).sum())
        if delay:
            coming = ordered
        else:
            on_hand = on_hand + ordered
    total, month_count = demand.sum(), demand.shape[1]
    return Played(
        float(sold / total) if total else 1.0,
        float(stock.sum() / month_count),
        order_lines,
        stock_outs,
        days,
        None if unit_costs is None else float(stock @ unit_costs / month_count),
    )
