"""What a line to buy is worth, by hand and by adding up the distribution."""

import math
from decimal import Decimal

import pytest

from assets.report.reward import NO_REWARD, reward_of
from tests.support.report_data import line, without_offer


def slow(**changes) -> dict:
    """A slow part, 0.05 a day: 2 units are expected in 40 days of lead time and cover."""
    values = {
        "demand_class_code": "INTERMITTENT", "daily_mean_quantity": 0.05, "daily_sd_quantity": 0, "lead_time_days": 20,
        "lead_time_sd_days": 0, "review_days": 0, "cover_days": 20, "inventory_position_quantity": 0,
        "proposed_quantity": 1, "unit_price_amount": Decimal(100), "holding_rate_pct": 25,
    }  # fmt: skip
    return line(1, **values | changes)


def poisson(count: int, mean: float) -> float:
    return math.exp(-mean) * mean**count / math.factorial(count)


def test_a_unit_is_worth_the_chance_that_it_would_be_missing_less_what_it_costs_to_hold():
    # The first of the units is missing unless demand is nothing: 1 - e^-2. It is used up by half after 10 days, before
    # it comes, so it costs nothing to hold.
    worth = reward_of(slow())
    assert worth["avoided_quantity"] == Decimal(str(round(1 - math.exp(-2), 3))) == Decimal("0.865")
    assert (worth["holding_amount"], worth["reward_amount"], worth["reward_pct"]) == (
        0,
        Decimal("86.5"),
        Decimal("86.5"),
    )


def test_holding_is_what_lies_before_and_half_of_the_line_after_it_came():
    # (5 + 4 / 2) / 0.05 = 140 days until the middle of the line is used, 20 of them on its way.
    worth = reward_of(slow(inventory_position_quantity=5, proposed_quantity=4))
    assert worth["holding_amount"] == (Decimal(100) * 25 / 100 * 120 / 365).quantize(Decimal("0.0001"))
    missing = sum((count - 5) * poisson(count, 2) for count in range(6, 60))
    less = sum((count - 9) * poisson(count, 2) for count in range(10, 60))
    assert float(worth["avoided_quantity"]) == pytest.approx(missing - less, abs=0.0006)
    assert worth["reward_amount"] < 0 and worth["reward_pct"] < 0


def test_what_waits_already_is_missing_for_certain():
    assert reward_of(slow(inventory_position_quantity=-3, proposed_quantity=3))["avoided_quantity"] == 3


def test_demand_that_is_never_used_up_holds_a_unit_for_a_year():
    worth = reward_of(slow(daily_mean_quantity=0))
    assert (worth["avoided_quantity"], worth["reward_pct"]) == (0, -25)


def test_steady_demand_is_spread_normally():
    # F9: 19 days of 4 with sd 2 and a lead time that varies by 1.5 days; the position is the mean, so sd / sqrt(2 pi).
    steady = slow(
        demand_class_code="SMOOTH", daily_mean_quantity=4, daily_sd_quantity=2, lead_time_days=5, lead_time_sd_days=1.5,
        cover_days=14, inventory_position_quantity=76, proposed_quantity=1000,
    )  # fmt: skip
    spread = math.sqrt(19 * 2**2 + 4**2 * 1.5**2)
    expected = spread / math.sqrt(2 * math.pi)
    assert float(reward_of(steady)["avoided_quantity"]) == pytest.approx(expected, abs=0.0006)


def test_a_negative_binomial_line_is_worth_what_its_months_say():
    said = {"distribution": "NEGATIVE_BINOMIAL", "monthly_mean": 3, "monthly_variance": 9, "mean_variance": 0.9}
    worth = reward_of(slow(calculation=said, inventory_position_quantity=2, proposed_quantity=5))
    months = 40 / 30.4375
    mean, variance = 3 * months, 9 * months + 0.9 * months**2
    size, share = mean**2 / (variance - mean), mean / variance
    chances = [
        math.exp(math.lgamma(size + k) - math.lgamma(size) - math.lgamma(k + 1)) * share**size * (1 - share) ** k
        for k in range(400)
    ]
    assert sum(chances) == pytest.approx(1)
    avoided = sum((max(k - 2, 0) - max(k - 7, 0)) * chance for k, chance in enumerate(chances))
    assert float(worth["avoided_quantity"]) == pytest.approx(avoided, abs=0.0006)


def test_each_further_unit_of_a_line_is_worth_less():
    rates = [reward_of(slow(proposed_quantity=units))["reward_pct"] for units in range(1, 9)]
    assert rates == sorted(rates, reverse=True) and len(set(rates)) == 8


def test_what_a_transfer_brings_is_there_already():
    alone, beside = slow(inventory_position_quantity=3), slow(inventory_position_quantity=0, transferred_quantity=3)
    assert reward_of(alone)["avoided_quantity"] == reward_of(beside)["avoided_quantity"]


@pytest.mark.parametrize(
    "changes",
    [
        {"line_type_code": "TRANSFER", "unit_price_amount": None}, {"line_type_code": "RETURN_EXCESS"},
        {"proposed_quantity": 0}, {"outcome_code": "REJECTED"},
    ],
)  # fmt: skip
def test_what_buys_nothing_has_no_reward(changes):
    assert reward_of(slow(**changes)) == NO_REWARD
    assert reward_of(without_offer(3)) == NO_REWARD
