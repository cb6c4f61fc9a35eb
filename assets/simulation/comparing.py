"""Policies side by side: the curve of each, the stock that a fill rate takes, and what is reached of it when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.simulation import methods, production
from assets.simulation.game import Played, play

OURS = "production"
_FACTORS = np.arange(0.5, 8.01, 0.25)
_Z_VALUES = np.arange(0.0, 6.01, 0.25)
# Dense where little is short: every step buys about as much.
LEVELS = 1 - np.exp(np.linspace(np.log(0.5), np.log(0.004), 24))


@dataclass(frozen=True)
class Policy:
    """What it learns of the months before a review, up to where it orders then, and the parameters that are swept."""

    learn: Callable[..., Any]
    level: Callable[[Any, float], np.ndarray]
    parameters: np.ndarray


POLICIES = {
    OURS: Policy(production.learned, production.level, LEVELS),
    "minimum_maximum": Policy(methods.last_two_years, methods.multiple, _FACTORS),
    "moving_average": Policy(methods.last_year, methods.normal, _Z_VALUES),
    "croston": Policy(methods.croston_moments, methods.normal, _Z_VALUES),
}


@dataclass(frozen=True)
class Curve:
    """What each parameter of a policy came to, in rising order of the parameter."""

    parameters: np.ndarray
    played: list[Played]

    def at(self, fill_rate: float, name: str = "average_stock") -> float | None:
        """A figure where the curve passes a fill rate, interpolated; None where it never gets there."""
        rates = np.maximum.accumulate([one.fill_rate for one in self.played])
        if rates[-1] < fill_rate:
            return None
        return float(np.interp(fill_rate, rates, [getattr(one, name) for one in self.played]))

    def parameter_at(self, fill_rate: float) -> float:
        rates = np.maximum.accumulate([one.fill_rate for one in self.played])
        return float(np.interp(fill_rate, rates, self.parameters))

    def reached(self, parameter: float) -> float:
        return float(np.interp(parameter, self.parameters, [one.fill_rate for one in self.played]))


class Replay:
    """Policies over one history; what a policy learned of the months before a review is kept for every game."""

    def __init__(
        self,
        demand: np.ndarray,
        delay: int = 0,
        unit_costs: np.ndarray | None = None,
        squares: np.ndarray | None = None,
    ) -> None:
        self.demand, self.delay, self.unit_costs, self.squares = demand, delay, unit_costs, squares
        self._learned: dict[tuple[str, int], Any] = {}

    def curve(self, name: str, learn: int, live: int) -> Curve:
        """Play a policy with each of its parameters: levels are set anew at each review, by what was known then."""
        policy = POLICIES[name]
        lived = self.demand[:, learn : learn + live]
        known = [self._known(name, learn + month) for month in range(live + 1)]
        played = [
            play([policy.level(one, value) for one in known], lived, self.delay, self.unit_costs)
            for value in policy.parameters
        ]
        return Curve(policy.parameters, played)

    def calibrated(self, name: str, learn: int, live: int, fill_rates: Iterable[float]) -> list[float]:
        """The parameter for each fill rate asked for: the one that reached it within the months of learning alone."""
        starts = [start for start in (learn - live, learn - live + 3) if start >= 12] or [max(learn // 2, 2)]
        rehearsed = [self.curve(name, start, min(live, learn - start)) for start in starts]
        return [float(np.mean([one.parameter_at(rate) for one in rehearsed])) for rate in fill_rates]

    def _known(self, name: str, months: int) -> Any:
        if (name, months) not in self._learned:
            seen = [self.demand[:, :months]]
            # What runs know of single days; yardsticks go by months.
            if name == OURS and self.squares is not None:
                seen.append(self.squares[:, :months])
            self._learned[name, months] = POLICIES[name].learn(*seen)
        return self._learned[name, months]
