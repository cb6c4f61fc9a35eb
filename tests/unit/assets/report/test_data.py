import json
from decimal import Decimal

import pytest

from assets.report.data import (
    file_stem,
    grouped,
    needs_somebody,
    order_value,
    outcome_of,
    plain,
    reason_of,
    risk_of,
    status_of,
    summarise,
)
from tests.support.report_data import facts, line, without_offer


def test_a_line_with_nothing_free_is_stocked_out_even_with_stock_on_the_shelf():
    assert status_of(line(1, on_hand_quantity=5, available_raw_quantity=0)) == "out"


def test_a_line_that_runs_out_before_a_delivery_could_arrive_is_late():
    assert status_of(line(1, available_raw_quantity=2, days_to_stock_out=4, lead_time_days=5)) == "late"


def test_a_line_that_lasts_until_the_delivery_is_due():
    assert status_of(line(1, available_raw_quantity=2, days_to_stock_out=5, lead_time_days=5)) == "due"


def test_a_line_without_demand_never_runs_out():
    assert status_of(line(1, available_raw_quantity=2, days_to_stock_out=None)) == "due"


def test_currencies_are_never_added_up():
    lines = [
        line(1, line_amount=Decimal("10.50"), currency_code="EUR"),
        line(2, line_amount=Decimal("1"), currency_code="GBP"),
        line(3, line_amount=Decimal("2"), currency_code="EUR"),
    ]
    assert order_value(lines) == {"EUR": Decimal("12.50"), "GBP": Decimal("1")}


def test_a_line_without_an_offer_counts_as_such_and_not_as_an_order():
    summary = summarise([line(1), without_offer(2)])
    assert (summary["lines"], summary["to_order"], summary["no_offer"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("value", "expected"), [(Decimal("4.000"), 4), (Decimal("2.500"), 2.5), (float("nan"), None), (None, None)]
)
def test_quantities_lose_their_trailing_zeros(value, expected):
    assert plain(value) == expected
    assert json.dumps(plain(value)) == json.dumps(expected)


def test_a_line_that_only_lacks_what_is_on_hold_is_held():
    free = {"available_raw_quantity": 3, "days_to_stock_out": 99, "inventory_position_quantity": 3}
    assert status_of(line(1, **free, reorder_point_quantity=5, held_quantity=3)) == "held"
    assert status_of(line(1, **free, reorder_point_quantity=9, held_quantity=3)) == "due"


def test_stock_below_zero_on_the_books_is_a_data_problem():
    free = {"available_raw_quantity": 3, "days_to_stock_out": 99}
    assert status_of(line(1, **free, flags="EXCEEDS_MAX,NEGATIVE_STOCK")) == "data"


def test_what_is_to_be_returned_is_excess_whatever_is_free():
    assert status_of(line(1, line_type_code="RETURN_EXCESS", available_raw_quantity=0)) == "excess"


def test_what_is_to_be_returned_is_not_to_be_ordered():
    lines = [line(1), line(2, line_type_code="RETURN_EXCESS")]
    assert summarise(lines)["to_order"] == 1
    assert [key for key, _ in grouped(lines, "line_type_code")] == [("BUY",)]
    assert [outcome_of(one) for one in lines] == ["PROPOSED", "TO_RETURN"]


def test_the_reason_of_the_models_goes_before_that_of_the_status():
    assert reason_of(line(1, available_raw_quantity=0, review_reason_code="JUMP")) == "JUMP"
    assert reason_of(line(1, available_raw_quantity=0)) == "STOCKED_OUT"
    assert reason_of(line(1, available_raw_quantity=0, backordered_quantity=1)) == "VOR_WAITING"


@pytest.mark.parametrize(
    "aside", [{"status_code": "SNOOZED"}, {"act_code": "APPROVE"}, {"review_reason_code": "ROUTINE"}]
)
def test_a_line_that_is_put_aside_approved_or_routine_needs_nobody(aside):
    assert needs_somebody(line(1, available_raw_quantity=0))
    assert not needs_somebody(line(1, available_raw_quantity=0, **aside))


def test_at_risk_is_what_free_stock_does_not_cover_until_a_delivery_and_what_waits():
    short = {"daily_mean_quantity": 2, "lead_time_days": 5, "unit_price_amount": Decimal("1.50")}
    assert risk_of(line(1, **short, available_raw_quantity=4, backordered_quantity=0)) == Decimal("9.00")
    assert risk_of(line(1, **short, available_raw_quantity=-1, backordered_quantity=1)) == Decimal("16.50")
    assert risk_of(line(1, **short, available_raw_quantity=40, backordered_quantity=0)) == 0
    assert risk_of(without_offer(1)) is None


def test_the_file_name_says_the_day_of_the_data_and_the_generation():
    assert file_stem(facts().as_of_at, facts().generation_id) == "replenishment-2026-03-31-9d1e0f7a"
