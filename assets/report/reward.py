"""What a line to buy is worth: the shortage that it avoids, less what it costs to hold.

Reward of a unit = (missing units avoided x unit price - cost of holding the line) / units of the line.

Missing units avoided are E[(D - x)+] at the position x without the line, less that with it; D is demand until
the order after this one could arrive (lead time, review and cover), spread as for the reorder point (F9, F10).
A missing unit costs its price: it is bought elsewhere in a hurry, or the job is lost. A unit is held from its
arrival until demand has used up what lies before it, and half of the line; a year at most. Per unit of money
spent it is ``reward_pct``, which a budget is cut by: dear parts are not preferred for being dear.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from assets.forecasting.distribution import DISTRIBUTIONS
from assets.forecasting.months import DAYS_PER_MONTH

Line = dict[str, Any]

DAYS_PER_YEAR = 365
# Above, the normal distribution says the same and is cheap.
_MOST_COUNTED = 200
REWARDS = ("avoided_quantity", "holding_amount", "reward_amount", "reward_pct")
NO_REWARD: dict[str, Decimal | None] = dict.fromkeys(REWARDS)


def reward_of(line: Line) -> dict[str, Decimal | None]:
    """Missing units avoided by the line, and per unit, in the currency of the line, holding cost and reward.

    ``reward_pct`` is the reward in percent of the unit price. All are None for what costs no purchase: transfers,
    returns, and lines of which nothing is bought.
    """
    quantity, price = float(line["proposed_quantity"] or 0), line["unit_price_amount"]
    if line["line_type_code"] != "BUY" or line["outcome_code"] != "PROPOSED" or quantity <= 0 or not price:
        return NO_REWARD
    price = Decimal(price)
    position = _number(line, "inventory_position_quantity") + _number(line, "transferred_quantity")
    without, ordered = _missing(line, position, position + quantity)
    avoided = Decimal(str(max(without - ordered, 0.0))).quantize(Decimal("0.001"))
    years = _days_held(line, position, quantity) / DAYS_PER_YEAR
    rate = Decimal(str(_number(line, "holding_rate_pct"))) / 100
    holding = (price * rate * Decimal(str(years))).quantize(Decimal("0.0001"))
    reward = (avoided * price / Decimal(str(quantity)) - holding).quantize(Decimal("0.0001"))
    percent = (reward / price * 100).quantize(Decimal("0.1"))
    return dict(zip(REWARDS, (avoided, holding, reward, percent), strict=True))


def _number(line: Line, name: str) -> float:
    return float(line.get(name) or 0)


def _days_held(line: Line, position: float, quantity: float) -> float:
    daily = _number(line, "daily_mean_quantity")
    if daily <= 0:
        return DAYS_PER_YEAR
    until_used = (max(position, 0.0) + quantity / 2) / daily
    return min(max(until_used - _number(line, "lead_time_days"), 0.0), DAYS_PER_YEAR)


def _missing(line: Line, *positions: float) -> list[float]:
    """Units that demand is expected to find missing at each position."""
    mean, variance = _demand(line)
    if _is_steady(line) or mean > _MOST_COUNTED:
        return [_missing_normal(position, mean, math.sqrt(variance)) for position in positions]
    return _missing_counted(positions, mean, variance)


def _demand(line: Line) -> tuple[float, float]:
    """Mean and variance of demand until the order after this one could arrive."""
    daily = _number(line, "daily_mean_quantity")
    days = sum(_number(line, name) for name in ("lead_time_days", "review_days", "cover_days"))
    spread_days = _number(line, "lead_time_sd_days")
    if _is_steady(line):
        return daily * days, days * _number(line, "daily_sd_quantity") ** 2 + (daily * spread_days) ** 2
    said = line.get("calculation") or {}
    if said.get("distribution") != "NEGATIVE_BINOMIAL" or said.get("monthly_mean") is None:
        return daily * days, daily * days
    month, own, known = (float(said[name] or 0) for name in ("monthly_mean", "monthly_variance", "mean_variance"))
    months = days / DAYS_PER_MONTH
    late = month * spread_days / DAYS_PER_MONTH
    return month * months, own * months + known * months**2 + late**2


def _is_steady(line: Line) -> bool:
    """Whether the class is planned by a normal distribution (F9)."""
    return DISTRIBUTIONS.get(line["demand_class_code"]) == "NORMAL"


def _missing_normal(position: float, mean: float, spread: float) -> float:
    if spread <= 0:
        return max(mean - position, 0.0)
    z = (position - mean) / spread
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    above = math.erfc(z / math.sqrt(2)) / 2
    return max(spread * (density - z * above), 0.0)


def _missing_counted(positions: tuple[float, ...], mean: float, variance: float) -> list[float]:
    """By a Poisson distribution, or a negative binomial one where demand varies more than that.

    E[(D - x)+] = mean - x + sum over k < x of (x - k) P(k).
    """
    missing = [mean - position for position in positions]
    highest = max(positions)
    # P(k + 1) = P(k) x (base + chance x k) / (k + 1), as for the quantile.
    if variance > mean > 0:
        chance, base = 1 - mean / variance, mean * mean / variance
        probability = (mean / variance) ** (mean * mean / (variance - mean))
    else:
        chance, base, probability = 0.0, mean, math.exp(-mean)
    count = 0
    while count < highest and (probability > 1e-12 or count < mean):
        missing = [
            value + max(position - count, 0.0) * probability for value, position in zip(missing, positions, strict=True)
        ]
        probability *= (base + chance * count) / (count + 1)
        count += 1
    return [max(value, 0.0) for value in missing]
