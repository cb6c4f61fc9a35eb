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
    """Policies over one history; what a policy learned of the months before a review is kept for every game.

    Where only what is known is played, each game, those of the rehearsal as well, leaves out the series that nobody had
    asked for before it: no level would have served them.
    """

    def __init__(
        self,
        demand: np.ndarray,
        delay: int = 0,
        unit_costs: np.ndarray | None = None,
        squares: np.ndarray | None = None,
        is_known_only: bool = False,
    ) -> None:
        self.demand, self.delay, self.unit_costs, self.squares = demand, delay, unit_costs, squares
        self.is_known_only = is_known_only
        self._learned: dict[tuple[str, int], Any] = {}

    def curve(self, name: str, learn: int, live: int) -> Curve:
        """Play a policy with each of its parameters: levels are set anew at each review, by what was known then."""
        policy, rows = POLICIES[name], self.played_rows(learn)
        lived = self.demand[rows, learn : learn + live]
        unit_costs = None if self.unit_costs is None else self.unit_costs[rows]
        known = [self._known(name, learn + month) for month in range(live + 1)]
        played = [
            play([policy.level(one, value)[rows] for one in known], lived, self.delay, unit_costs)
            for value in policy.parameters
        ]
        return Curve(policy.parameters, played)

    def played_rows(self, learn: int) -> np.ndarray:
        """Which series a game plays that begins after so many months."""
        return np.flatnonzero(self.demand[:, :learn].any(axis=1) | (not self.is_known_only))

    def calibrated(self, name: str, learn: int, live: int, fill_rates: Iterable[float]) -> list[float]:
        """The parameter for each fill rate asked for: the one that reached it within the months of learning alone."""
        starts = [start for start in (learn - live, learn - live + 3) if start >= 12] or [max(learn // 2, 2)]
        # Where nobody asked for anything that is played, every level serves all.
        starts = [start for start in starts if self.demand[self.played_rows(start), start:learn].any()] or starts
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
