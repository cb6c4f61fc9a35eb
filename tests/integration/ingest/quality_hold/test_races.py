"""A hold against whoever moves or reserves the same stock at the same moment, on connections of their own."""

from __future__ import annotations

import threading
import time

import pytest

from tests.support.holds import PART, Shelf


@pytest.fixture
def other(stores):
    made = Shelf(stores.pipeline)
    yield made
    made.connection.close()


def waits(shelf: Shelf) -> bool:
    """Whether some connection of this database waits for a lock, within five seconds."""
    for _ in range(500):
        if shelf.rows("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"):
            return True
        time.sleep(0.01)
    return False


def meanwhile(shelf: Shelf, watcher: Shelf, first, second) -> None:
    """Do ``first`` and, before it commits, ``second`` on another connection, which has to wait."""
    with shelf.connection.transaction():
        first()
        thread = threading.Thread(target=second)
        thread.start()
        assert waits(watcher)
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def watcher(stores):
    made = Shelf(stores.pipeline)
    yield made
    made.connection.close()


def test_what_arrives_while_a_hold_is_placed_is_held(shelf, other, watcher):
    shelf.garage("G1")
    shelf.garage("G5")
    shelf.move(3)
    meanwhile(shelf, watcher, lambda: shelf.place(), lambda: other.move(4, garage="G5"))
    assert shelf.cells() == {("G1", ""): (3, 3, 0, 0), ("G5", ""): (4, 4, 0, 0)}


def test_a_hold_placed_while_units_arrive_holds_them_too(shelf, other, watcher):
    shelf.garage("G1")
    shelf.move(3)
    meanwhile(shelf, watcher, lambda: shelf.move(4), lambda: other.place())
    assert shelf.cells() == {("G1", ""): (7, 7, 0, 0)}


@pytest.mark.parametrize("is_hold_first", [True, False])
def test_a_hold_wins_against_a_reservation_whoever_comes_first(shelf, other, watcher, is_hold_first):
    shelf.move(3)
    acts = (lambda one: one.place()), (lambda one: one.reserve("R1", 2))
    first, second = acts if is_hold_first else acts[::-1]
    meanwhile(shelf, watcher, lambda: first(shelf), lambda: second(other))
    assert shelf.cells() == {("G1", ""): (3, 3, 0, 0)}
    assert shelf.states() == {"R1": (0, 2)}
    assert shelf.breaches() == []


def test_the_same_hold_placed_twice_at_once_is_placed_once(shelf, other, watcher):
    shelf.move(3)
    answers = []
    meanwhile(shelf, watcher, lambda: answers.append(shelf.place()), lambda: answers.append(other.place()))
    assert answers[0].events == answers[1].events
    assert shelf.rows("select count(*), sum(quantity) from quality_hold.events") == [(1, 3)]


def test_holds_of_many_positions_and_movements_in_any_order_end(shelf, stores):
    """Eight writers over the same positions: nobody waits for ever, and nothing is held and reserved at once."""
    garages = [f"G{n}" for n in range(6)]
    for garage in garages:
        shelf.move(5, garage=garage)
    failures = []

    def work(number: int) -> None:
        mine = Shelf(stores.pipeline)
        try:
            if number % 2:
                mine.place(f"H{number}", reason=f"{number}")
            else:
                for garage in garages if number % 4 else garages[::-1]:
                    mine.reserve(f"R{number}-{garage}", 1, garage)
                    mine.move(1, garage=garage)
        except Exception as error:
            failures.append(error)
        finally:
            mine.connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == [] and not any(thread.is_alive() for thread in threads)
    assert shelf.breaches() == []
    assert shelf.rows("select sum(on_hand_quantity - held_quantity) from garage_inventory.cells") == [(0,)]
    assert shelf.rows("select distinct part_id from garage_inventory.cells") == [(PART,)]
