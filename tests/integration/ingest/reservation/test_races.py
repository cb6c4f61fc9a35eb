"""Several connections want the same units."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import psycopg
import pytest

from ingest.errors import ProtectedError
from ingest.reservation.acts import consume, release, reserve
from tests.support.reservations import Stock


def test_of_fifty_who_reserve_the_last_unit_one_gets_it_and_the_others_hear_who(stock):
    """Fault 31."""
    stock.receive(1)
    gate = threading.Barrier(50)

    def client(number: int):
        with stock.other() as own:
            gate.wait(timeout=30)
            return own.reserve(f"R{number}")

    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(client, range(50)))
    [winner] = [answer for answer in answers if answer.status_code == "RESERVED"]
    losers = [answer for answer in answers if answer is not winner]
    assert {answer.status_code for answer in losers} == {"BACKORDERED"}
    assert {answer.why for answer in losers} == {
        f"stock is reserved for others: reservation {winner.reservation_number} has 1"
    }
    assert stock.cells() == {("G1", ""): (1, 1)}


def _wait_until_blocked(connection: psycopg.Connection, pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if connection.execute("select cardinality(pg_blocking_pids(%s)) > 0", (pid,)).fetchone()[0]:
            return
        time.sleep(0.01)
    raise AssertionError("nobody waited")


def _reserve(own: Stock) -> None:
    own.reserve("R1")


def _hold(own: Stock) -> None:
    own.hold("H1", "PLACED", 1)


@pytest.mark.parametrize("first_commits", [True, False])
@pytest.mark.parametrize(("first", "second"), [(_reserve, _hold), (_hold, _reserve)])
def test_a_hold_wins_against_a_reservation_whoever_comes_first(stock, first, second, first_commits):
    """Fault 32."""
    stock.receive(1)
    with stock.other() as one, stock.other() as two, ThreadPoolExecutor(1) as thread:
        two.connection.execute("select 1")
        one.connection.execute("begin")
        first(one)
        waiting = thread.submit(second, two)
        # The second stands at the lock of the position until the first has ended.
        _wait_until_blocked(stock.connection, two.connection.info.backend_pid)
        one.connection.execute("commit" if first_commits else "rollback")
        waiting.result(timeout=20)
    happened = {first, second} if first_commits else {second}
    assert stock.cells()["G1", ""] == (1, 1 if _hold not in happened else 0)
    if {_reserve, _hold} == happened:
        state = stock.connection.execute(
            "select reserved_quantity, backordered_quantity from reservation.states"
        ).fetchone()
        assert state == (0, 1)
        assert stock.reserve("R2").why == "stock is on quality hold: hold H1 (DAMAGE_IN_TRANSIT) of 1"


@pytest.mark.parametrize("reserves_first", [True, False])
def test_a_unit_on_hold_is_promised_to_nobody_and_released_to_the_first_who_asked(stock, reserves_first):
    """Fault 32, one after the other."""
    stock.receive(1)
    for act in (_reserve, _hold) if reserves_first else (_hold, _reserve):
        act(stock)
    assert stock.reserved() == {"R1": 0}
    stock.hold("H1", "RELEASED", 1, step=2)
    assert stock.reserved() == {"R1": 1}


def test_two_who_consume_the_same_units_consume_them_once(stock):
    stock.receive(4)
    stock.reserve("R1", 2)

    def client(_):
        with stock.other() as own:
            try:
                return consume(own.connection, "R1", Decimal(2), "ann").status_code
            except ProtectedError as refused:
                return refused.code

    with ThreadPoolExecutor(4) as clients:
        assert sorted(clients.map(client, range(4))) == ["DELIVERED", "PB902", "PB902", "PB902"]
    assert stock.cells() == {("G1", ""): (2, 0)}


def test_the_same_operation_from_several_clients_is_done_once_and_answers_all_the_same(stock):
    stock.receive(9)
    stock.reserve("R1", 5)

    def client(_):
        with stock.other() as own:
            return release(own.connection, "R1", Decimal(1), "ann", operation_number="op")

    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(client, range(6)))
    assert answers == [answers[0]] * 6
    assert stock.reserved() == {"R1": 4}


def test_of_two_reservations_that_use_one_operation_number_at_once_one_is_refused(stock):
    for garage in ("G1", "G2"):
        stock.receive(1, garage=garage)
        stock.reserve(garage, garage_code=garage)
    with stock.other() as one, stock.other() as two, ThreadPoolExecutor(1) as thread:
        one.connection.execute("begin")
        release(one.connection, "G1", Decimal(1), "ann", operation_number="op")
        waiting = thread.submit(release, two.connection, "G2", Decimal(1), "ann", operation_number="op")
        _wait_until_blocked(stock.connection, two.connection.info.backend_pid)
        one.connection.execute("commit")
        with pytest.raises(ProtectedError) as refused:
            waiting.result(timeout=20)
    assert refused.value.code == "PB905"
    assert stock.reserved() == {"G2": 1}


def test_writers_who_reach_the_same_garages_in_opposite_order_all_get_an_answer(stock):
    for garage in ("G1", "G2", "G3"):
        stock.receive(3, garage=garage)

    def client(number: int) -> list[str]:
        with stock.other() as own:
            return [
                reserve(
                    own.connection,
                    own.request(f"R{number} {step}", 1, garage_code=garage, allows_other_garages=True),
                ).status_code
                for step, garage in enumerate(("G1", "G2", "G3")[:: 1 if number % 2 else -1])
            ]

    with ThreadPoolExecutor(8) as clients:
        answers = [status for each in clients.map(client, range(8)) for status in each]
    assert sorted(answers) == ["BACKORDERED"] * 15 + ["RESERVED"] * 9
    assert sum(reserved for _, reserved in stock.cells().values()) == 9
