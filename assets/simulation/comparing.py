"""Methods side by side: the curve of each, the stock that a fill rate takes, and what is reached of it when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from assets.simulation import methods
from assets.simulation.game import Played, play

Method = Callable[[np.ndarray, float], np.ndarray]
OURS = "shrunk_quantile"
_FACTORS = np.arange(0.5, 8.01, 0.25)
_Z_VALUES = np.arange(0.0, 6.01, 0.25)
# Dense where little is short: every step buys about as much.
_LEVELS = 1 - np.exp(np.linspace(np.log(0.5), np.log(0.004), 24))
METHODS: dict[str, tuple[Method, np.ndarray]] = {
    OURS: (methods.shrunk_quantile, _LEVELS),
    "minimum_maximum": (methods.minimum_maximum, _FACTORS),
    "moving_average": (methods.moving_average, _Z_VALUES),
    "croston": (methods.croston, _Z_VALUES),
}


@dataclass(frozen=True)
class Curve:
    """What each parameter of a method came to, in rising order of the parameter."""

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


def curve(demand: np.ndarray, learn: int, live: int, name: str, delay: int = 0) -> Curve:
    """Play a method with each of its parameters: levels are set anew at each review, by what was known then."""
    method, parameters = METHODS[name]
    lived = demand[:, learn : learn + live]
    known = [demand[:, : learn + month] for month in range(live + 1)]
    return Curve(parameters, [play([method(one, value) for one in known], lived, delay) for value in parameters])


def calibrated(demand: np.ndarray, learn: int, live: int, fill_rates: Iterable[float], delay: int = 0) -> list[float]:
    """The level for each fill rate asked for: the one that reached it within the months of learning alone."""
    starts = [start for start in (learn - live, learn - live + 3) if start >= 12] or [max(learn // 2, 2)]
    rehearsed = [curve(demand[:, :learn], start, min(live, learn - start), OURS, delay) for start in starts]
    return [float(np.mean([one.parameter_at(rate) for one in rehearsed])) for rate in fill_rates]


def compare(
    demand: np.ndarray, learn: int, live: int, delay: int = 0, tell: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[str, Curve]]:
    """The curve of every method over the months after those of learning."""
    for name in METHODS:
        made = curve(demand, learn, live, name, delay)
        tell(name)
        yield name, made
