"""Several people at once: each unit moves once, and nobody is left waiting."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ingest.errors import ProtectedError
from ingest.garage_inventory import acts
from ingest.garage_inventory.acts import Leg, Receipt
from tests.support.stock import ago

PEOPLE = 8


def together(url: str, act) -> Counter:
    """How many of the people who do this at once succeed, and what the others are told."""

    def one(number: int) -> str:
        with psycopg.connect(url, autocommit=True) as connection:
            try:
                act(connection, number)
            except ProtectedError as error:
                return error.code
            return "done"

    with ThreadPoolExecutor(PEOPLE) as people:
        return Counter(people.map(one, range(PEOPLE)))


def test_the_last_units_of_a_transfer_are_shipped_once(stock, stores):
    stock.receive(5, "G2")
    number = stock.transfer(5)
    found = together(stores.pipeline, lambda connection, n: acts.ship(connection, Leg(number, 1), f"person {n}"))
    assert found == {"done": 5, "PB610": 3}
    assert (stock.on_hand("G2"), stock.on_hand("G1", "IN_TRANSIT")) == (0, 5)
    found = together(stores.pipeline, lambda connection, n: acts.arrive(connection, Leg(number, 1), f"person {n}"))
    assert found == {"done": 5, "PB610": 3}
    assert (stock.on_hand("G1"), stock.drift()) == (5, [])


def test_a_line_that_many_reverse_at_once_is_reversed_once(stock, stores):
    line = stock.receive(5)["receipt_line_id"]
    found = together(
        stores.pipeline, lambda connection, n: acts.reverse(connection, "RECEIPT", line, "wrong", f"person {n}")
    )
    assert found == {"done": 1, "PB608": PEOPLE - 1}
    assert stock.on_hand() == 0


def test_one_delivery_that_many_enter_at_once_is_received_once(stock, stores):
    receipt = Receipt("D1", "G1", stock.p1, 5, received_at=ago(hours=1))
    assert together(stores.pipeline, lambda connection, n: acts.receive(connection, receipt, "ann")) == {"done": PEOPLE}
    assert stock.on_hand() == 5


@pytest.mark.parametrize("rounds", [3])
def test_garages_that_send_each_other_at_once_end_without_a_deadlock(stock, stores, rounds):
    for garage in ("G1", "G2"):
        stock.receive(PEOPLE * rounds, garage)
    stock.reserve("R1", 4, "G3", allows_other_garages=True)
    there = [stock.transfer(rounds, "G1") for _ in range(PEOPLE // 2)]
    back = [stock.transfer(rounds, "G2", from_garage_code="G1") for _ in range(PEOPLE // 2)]
    numbers = [number for pair in zip(there, back, strict=True) for number in pair]

    def send(connection, n):
        for _ in range(rounds):
            acts.ship(connection, Leg(numbers[n], 1), "bob")
            acts.arrive(connection, Leg(numbers[n], 1), "ann")

    assert together(stores.pipeline, send) == {"done": PEOPLE}
    assert stock.total() == 2 * PEOPLE * rounds
    assert stock.drift() == []
