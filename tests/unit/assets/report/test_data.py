import json
from decimal import Decimal

import pytest

from assets.report.data import file_stem, order_value, page_document, plain, status_of, summarise
from tests.support.report_data import facts, line, report_data, without_offer


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


def test_a_gap_in_the_history_stays_a_gap():
    data = report_data(3)
    series = next(iter(data.history.values()))
    del series.months[1], series.demand_quantities[1], series.closing_stock_quantities[1]
    document = page_document(data)
    assert document["history"][0][1][1] is None
    assert len(document["months"]) == 36


def test_the_file_name_says_the_day_of_the_data_and_the_generation():
    assert file_stem(facts()) == "replenishment-2026-03-31-9d1e0f7a"
