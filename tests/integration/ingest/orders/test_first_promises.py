"""What a supplier is held to: the first day that it promised, whatever it says later."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.orders import ago

CALL = (
    "select promised_on, moved_count from replenishment.order_promises_as_of(%s, %s)"
    " order by purchase_order_number, line_number"
)
ASKED, FIRST, SECOND, THIRD = date(2026, 6, 1), date(2026, 6, 5), date(2026, 6, 20), date(2026, 7, 1)


def promises(orders, at=None, known_at="infinity") -> list[tuple]:
    return [tuple(row.values()) for row in orders.rows(CALL, at or ago(0), known_at)]


def test_the_first_day_counts_and_each_later_one_is_a_move(orders):
    number = orders.order(10, expected_on=ASKED)
    for days, day in ((18, FIRST), (15, SECOND), (12, SECOND), (9, FIRST), (6, THIRD)):
        orders.answer(number, "1", "IA", 10, days=days, promised_on=day)
    assert promises(orders) == [(FIRST, 2)]
    assert orders.line()["expected_on"] == THIRD


def test_until_somebody_promises_the_day_that_was_asked_for_counts(orders):
    number = orders.order(10, expected_on=ASKED)
    orders.answer(number, "1", "IA", 10, days=18)
    orders.answer(number, "1", "DR", 10, days=10, promised_on=SECOND)
    orders.order(10)
    assert promises(orders, ago(11)) == [(ASKED, 0), (None, 0)]
    assert promises(orders) == [(SECOND, 0), (None, 0)]


@pytest.mark.parametrize("code", ["ID", "IR", "IH", "IP"])
def test_what_is_refused_or_pending_is_no_promise(orders, code):
    number = orders.order(10, expected_on=ASKED)
    orders.answer(number, "1", code, 10, days=18, promised_on=FIRST)
    assert promises(orders) == [(ASKED, 0)]
    orders.answer(number, "1", "IA", 10, days=10, promised_on=SECOND)
    assert promises(orders) == [(SECOND, 0)]


def test_an_answer_in_parts_promises_the_line_by_its_last_day(orders):
    number = orders.order(24, expected_on=ASKED)
    orders.answer(number, "1", "IA", 12, days=18, promised_on=FIRST)
    orders.answer(number, "1", "IB", 12, days=18, promised_on=SECOND, schedule_number=2)
    assert promises(orders) == [(SECOND, 0)]


def test_what_was_not_known_yet_and_what_others_say_promises_nothing(orders):
    number = orders.order(10, expected_on=ASKED)
    orders.answer(number, "1", "IA", 10, days=18, promised_on=FIRST, recorded_at=ago(2))
    orders.answer(number, "1", "IA", 10, days=17, promised_on=SECOND, supplier_code="S2")
    assert promises(orders, known_at=ago(3)) == [(ASKED, 0)]
    assert promises(orders) == [(FIRST, 0)]


def test_a_promise_of_the_whole_order_is_one_of_each_line_that_no_other_names_with_it(orders):
    number = orders.order(10, 5, expected_on=ASKED)
    nothing = {"brand_code": None, "part_number": None}
    orders.answer(number, "ALL", "IA", None, days=18, promised_on=THIRD, **nothing)
    orders.answer(number, "2", "IR", 5, days=18)
    assert promises(orders) == [(THIRD, 0), (ASKED, 0)]
    orders.answer(number, "2", "IA", 5, days=10, promised_on=SECOND)
    assert promises(orders) == [(THIRD, 0), (SECOND, 0)]
