"""The game: lost sales, a review at each month's end, order up to a level, whole units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Played:
    """What a policy came to: share of demand served at once, mean of opening and closing stock in units, and counts."""

    fill_rate: float
    average_stock: float
    order_line_count: int
    stock_out_months: int


def play(levels: Sequence[np.ndarray], demand: np.ndarray, delay: int = 0) -> Played:
    """Play the months of ``demand`` (parts, months); ``levels[t]`` is up to where is ordered at the start of month t.

    There is one level more than months, for the review after the last. The first is on the shelf at
    the start. ``delay`` is how many further months pass before an order is there: 0 is there when the
    next month opens, 1 when the one after it does.
    """
    on_hand, coming = levels[0].astype(float), np.zeros(len(demand))
    sold = stock = 0.0
    order_lines = stock_outs = 0
    for month, wanted in enumerate(demand.T):
        opening = on_hand
        taken = np.minimum(on_hand, wanted)
        on_hand = on_hand - taken
        sold += taken.sum()
        stock += (opening + on_hand).sum() / 2
        stock_outs += int((taken < wanted).sum())
        if delay:
            on_hand = on_hand + coming
        ordered = np.maximum(levels[month + 1] - on_hand, 0)
        order_lines += int((ordered > 0).sum())
        if delay:
            coming = ordered
        else:
            on_hand = on_hand + ordered
    total = demand.sum()
    return Played(float(sold / total) if total else 1.0, float(stock / demand.shape[1]), order_lines, stock_outs)
