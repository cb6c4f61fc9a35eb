from __future__ import annotations

from decimal import Decimal

import pytest

from ingest.quantities import plain
from ingest.reservation.answers import Answer, shortage_in_words

TEXT = """{
    "reservation_number": "R1", "status_code": "BACKORDERED", "garage_code": "G1",
    "part_id": "6f1f9a53-9c1c-4d8c-8a61-4f6a2a4d6b11", "work_order_number": "W1", "work_order_line": "1",
    "need_by_at": null, "expires_at": null, "requested_quantity": 12345678901.123, "reserved_quantity": 0,
    "backordered_quantity": 2.000, "consumed_quantity": 0.000, "pegs": [], "shortage_reason_code": "STOCKOUT",
    "obstacles": []
}"""


def test_numbers_of_an_answer_are_exact():
    answer = Answer.read(TEXT)
    assert answer.requested_quantity == Decimal("12345678901.123")
    assert {type(answer.reserved_quantity), type(answer.backordered_quantity)} == {Decimal}
    assert answer.why == "the garage has none"


@pytest.mark.parametrize(
    ("reason", "obstacles", "words"),
    [
        ("STOCKOUT", [], "the garage has none"),
        (
            "ON_HOLD",
            [{"hold_number": "H1", "hold_reason_code": "PACKAGING", "quantity": 2.0}],
            "stock is on quality hold: hold H1 (PACKAGING) of 2",
        ),
        (
            "RESERVED_FOR_OTHER",
            [{"reservation_number": "R7", "quantity": "1.500"}, {"reservation_number": "R8", "quantity": 1}],
            "stock is reserved for others: reservation R7 has 1.5, reservation R8 has 1",
        ),
        (
            "SUPERSEDED_NO_STOCK",
            [
                {
                    "successor_part_id": "x",
                    "brand_code": "B",
                    "part_number": "P2",
                    "conversion_quantity": 1,
                    "quantity": 4,
                },
                {
                    "successor_part_id": "y",
                    "brand_code": "B",
                    "part_number": "P3",
                    "conversion_quantity": 2,
                    "quantity": 0,
                },
            ],
            "the garage has none, and the part was replaced: by B P2, of which 4 are available here,"
            " by B P3, 2 for one, of which 0 are available here",
        ),
        ("A_NEW_WORD", [], "A_NEW_WORD"),
    ],
)
def test_a_shortage_is_said_in_one_sentence(reason, obstacles, words):
    assert shortage_in_words(reason, obstacles) == words


def test_quantities_are_said_without_idle_zeros():
    assert [plain(value) for value in (Decimal("2.000"), "0.500", 1000, Decimal("100"))] == ["2", "0.5", "1,000", "100"]
