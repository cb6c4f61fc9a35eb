"""Which distribution of the demand over a lead time serves each class best, and by which constants it is fitted.

The game of ``partsbay simulate``, played by the parts of one class at a time, the class that they have when it starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np

from assets.forecasting.distribution import DISTRIBUTIONS as CHOSEN
from assets.forecasting.distribution import is_planned_by
from assets.forecasting.testing import SERVICE_LEVEL
from assets.simulation.comparing import Curve, Policy
from assets.simulation.distributions import DISTRIBUTIONS, negative_binomial_of
from assets.simulation.game import play
from assets.simulation.production import MONTHS, demand_classes, known_months

Tell = Callable[[str, float], None]
DISCOUNTS = (0.84, 0.92, 0.94, 0.96, 1.0)
PRIORS, KNOWLEDGES = (1.7, 3.0, 5.0), (4.6, 10.0, 20.0, 40.0)


@dataclass(frozen=True)
class Judged:
    """What a distribution comes to in a class.

    ``stock`` is the average stock in units of each fill rate, None where it never gets there; ``pinball`` the loss at
    the service level by the demand of the months that an order must last, ``covered`` how often those stayed within.
    """

    demand_class_code: str
    distribution_code: str
    series_count: int
    stock: tuple[float | None, ...]
    pinball: float
    covered: float
    is_chosen: bool


@dataclass(frozen=True)
class Found:
    """Average stock in units for each fill rate by constants of the distribution of the runs."""

    discount: float
    prior_months: float
    knowledge_months: float
    stock: tuple[float | None, ...]


def compare(history: np.ndarray, rates: Sequence[float], live: int = 12, tell: Tell = lambda *_: None) -> list[Judged]:
    """Every distribution in every class that the last ``live`` months have parts of."""
    learn = history.shape[1] - live
    classes = demand_classes(known_months(history[:, :learn]))
    known = {}
    for name, policy in DISTRIBUTIONS.items():
        began = time.perf_counter()
        known[name] = [policy.learn(history[:, : learn + month]) for month in range(live + 1)]
        tell(name, time.perf_counter() - began)
    found = []
    for code in CHOSEN:
        rows = np.flatnonzero(classes == code)
        for name, policy in DISTRIBUTIONS.items() if rows.size else ():
            lived = history[rows, learn:]
            curve = _curve(policy, known[name], rows, lived)
            asked = [policy.level(one, SERVICE_LEVEL)[rows] for one in known[name]]
            found.append(
                Judged(
                    code, name, len(rows), tuple(curve.at(rate) for rate in rates), *_loss(lived, asked),
                    name == CHOSEN[code],
                )
            )  # fmt: skip
    return found


def search(history: np.ndarray, rates: Sequence[float], live: int = 12) -> list[Found]:
    """The constants tried, least stock first; slow parts alone, over the months before the last ``live``."""
    learn = history.shape[1] - 2 * live
    rows = np.flatnonzero(is_planned_by("NEGATIVE_BINOMIAL", demand_classes(known_months(history[:, :learn]))))
    lived = history[rows, learn : learn + live]
    tried = []
    for constants in product(DISCOUNTS, PRIORS, KNOWLEDGES):
        policy = negative_binomial_of(*constants)
        known = [policy.learn(history[:, : learn + month]) for month in range(live + 1)]
        curve = _curve(policy, known, rows, lived)
        tried.append(Found(*constants, tuple(curve.at(rate) for rate in rates)))
    return sorted(tried, key=lambda one: sum(np.inf if units is None else units for units in one.stock))


def as_document(found: Sequence[Judged | Found], rates: Sequence[float]) -> dict[str, Any]:
    """The shape that ``partsbay bench`` prints."""
    return {"bench": "distributions", "fill_rates": list(rates), "found": [asdict(one) for one in found]}


def _curve(policy: Policy, known: list[Any], rows: np.ndarray, lived: np.ndarray) -> Curve:
    played = [play([policy.level(one, value)[rows] for one in known], lived) for value in policy.parameters]
    return Curve(policy.parameters, played)


def _loss(lived: np.ndarray, levels: list[np.ndarray]) -> tuple[float, float]:
    """Pinball loss by the demand, and the share of the sums of months that a level was enough for."""
    sums = np.lib.stride_tricks.sliding_window_view(lived, MONTHS, axis=1).sum(axis=2)
    short = sums - np.column_stack(levels[: sums.shape[1]])
    loss = np.where(short > 0, SERVICE_LEVEL * short, (SERVICE_LEVEL - 1) * short).sum()
    return float(loss / max(sums.sum(), 1)), float((short <= 0).mean())
