"""What answers and receipts say that does not fit what was ordered: each with its line, both sides, and what to do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from ingest.orders import differing
from tests.support import network
from tests.support.orders import ago

MONTH = timedelta(days=30)


@pytest.fixture
def found(orders, stores):
    """What is found of the last thirty days, as code, order, line that is meant, and words."""

    def found(at=None, within=MONTH, supplier=None) -> list[tuple]:
        with psycopg.connect(stores.pipeline) as connection:
            listed = differing.differences(connection, at or ago(0), within, supplier)
        assert all(one.mend.endswith(".") for one in listed)
        return [(one.difference_code, one.purchase_order_number, one.line_number, one.words) for one in listed]

    return found


def test_what_fits_is_no_difference(orders, found):
    number = orders.order(24, pack_quantity=12, pack_count=2, unit_price_amount=Decimal("1.0417"))
    orders.answer(
        number, "1", "IA", 2, days=18, uom_code="CA", unit_price_amount=Decimal("12.5004"), currency_code="EUR"
    )
    orders.arrives(24, 3, number, purchase_order_line="1")
    other = orders.order(10)
    orders.answer(other, "ALL", "IA", None, days=18, brand_code=None, part_number=None)
    assert found() == []


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"quantity": 12}, "MORE", "confirms 12 of 10 that were ordered"),
        ({"uom_code": "KG"}, "UNIT", "counts in KG what is counted in EA, and says nothing"),
        ({"unit_price_amount": Decimal("10.49")}, "PRICE", "is at 10.49 EUR instead of 9.99 EUR"),
        ({"unit_price_amount": Decimal("9.99"), "currency_code": "USD"}, "PRICE", "is at 9.99 USD instead of 9.99 EUR"),
    ],
)
def test_an_answer_with_another_quantity_unit_or_price_is_found_until_another_one_comes(
    orders, found, said, code, words
):
    number = orders.order(10, unit_price_amount=Decimal("9.99"))
    given = {"quantity": 10, "currency_code": "EUR", **said}
    orders.answer(number, "1", "IA", days=18, **given)
    assert found() == [(code, number, 1, words)]
    assert found(ago(18.5)) == [] and found(within=timedelta(days=17)) == []
    orders.answer(number, "1", "IA", 10, days=17, unit_price_amount=Decimal("9.99"))
    assert found() == []


@pytest.mark.parametrize("code", ["IA", "IS"])
def test_an_answer_about_another_part_is_found_whatever_it_calls_it(orders, found, code):
    number = orders.order(10, supplier_part_number="AC-1")
    orders.answer(number, "1", code, 10, days=18, part_number="P-1", brand_code=None)
    orders.answer(number, "1", code, 10, days=17, part_number="ZZ", supplier_part_number="AC-1")
    assert found() == []
    orders.answer(number, "1", code, 10, days=16, part_number=None, supplier_part_number="AC-2")
    assert found() == [("PART", number, 1, "is about AC-2 instead of P1")]


def test_what_is_refused_says_nothing_of_its_price(orders, found):
    number = orders.order(10, unit_price_amount=Decimal("9.99"))
    orders.answer(number, "1", "IR", 0, days=18, unit_price_amount=Decimal("0"))
    assert found() == []


def test_an_answer_to_no_order_or_line_of_ours_is_found_with_the_order_that_may_be_meant(orders, found):
    network.supplier(orders.connection, supplier_code="S2")
    number = orders.order(10)
    serial = int(number[2:])
    orders.answer(f"po{serial}", "1", "IA", 10, days=18)
    orders.answer("4711-9", "1", "IA", 10, days=18)
    orders.answer(number, "7", "IA", 10, days=18, part_number="OTHER")
    orders.answer(number, "1", "IA", 10, days=18, supplier_code="S2")
    # Who gets no order from here answers those that are made elsewhere.
    orders.answer("4711-8", "1", "IA", 10, days=18, supplier_code="S2")
    assert sorted(found()) == sorted([
        ("UNKNOWN_ORDER", f"po{serial}", None, f"names an order that nobody made here; {number} is one of theirs"),
        ("UNKNOWN_ORDER", "4711-9", None, "names an order that nobody made here"),
        ("UNKNOWN_LINE", number, None, "names line 7, which the order does not have"),
        ("OTHER_SUPPLIER", number, None, "names an order that S1 has"),
    ])  # fmt: skip
    assert [one[0] for one in found(supplier="S2")] == ["OTHER_SUPPLIER"]


def test_a_ship_notice_of_no_order_or_line_of_ours_or_in_no_unit_of_it_is_found(orders, found):
    number = orders.order(10)
    orders.notice(number, "1", 10, days=18)
    orders.notice(None, None, 10, days=18)
    assert found() == []
    orders.notice("PO77777777", "1", 4, days=18)
    orders.notice(number, None, 4, days=18, part_number="OTHER")
    orders.notice(number, "1", 4, days=17, uom_code="KG")
    assert sorted(found(), key=str) == sorted([
        ("UNKNOWN_ORDER", "PO77777777", None, "names an order that nobody made here"),
        ("UNKNOWN_LINE", number, None, "names this part, which the order does not have"),
        ("UNIT", number, 1, "counts in KG what is counted in EA, and says nothing"),
    ], key=str)  # fmt: skip


@pytest.mark.parametrize(("event", "line"), [("CANCELLED", None), ("CLOSED", 1)])
def test_what_is_confirmed_after_it_was_given_up_is_found(orders, found, event, line):
    number = orders.order(10)
    orders.answer(number, "1", "IA", 10, days=18)
    orders.event(number, event, 15, line=line, reason="bought elsewhere")
    assert found() == []
    orders.answer(number, "1", "IA", 10, days=12)
    assert found() == [("ENDED", number, 1, f"confirms 10 of a line that was {event.lower()}")]


def test_receipts_that_bring_more_or_name_another_order_are_found(orders, found):
    number = orders.order(10)
    orders.arrives(8, 9, number, purchase_order_line="1")
    assert found() == []
    orders.arrives(4, 8, number, purchase_order_line="1")
    lowered = number.lower()
    orders.arrives(1, 7, lowered)
    reversed_one = orders.arrives(1, 7, "PO99999999")
    orders.call(
        "reverse", line_code="RECEIPT", line_id=reversed_one["receipt_line_id"], reason="typing error", actor="ann"
    )
    orders.arrives(1, 6, number, supplier_code="S9")
    orders.receive(1, part_id=orders.part("P2"), supplier_code="S1", purchase_order_number=number, received_at=ago(5))
    assert sorted(found()) == sorted([
        ("RECEIVED_MORE", number, 1, "brought 12 of 10 that were to come"),
        ("UNKNOWN_ORDER", lowered, None, f"names an order that nobody made here; {number} is one of theirs"),
        ("OTHER_SUPPLIER", number, None, "names an order that S1 has"),
        ("UNKNOWN_LINE", number, None, "names this part, which the order does not have"),
    ])  # fmt: skip
