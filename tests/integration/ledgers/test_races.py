"""Several connections at once: no unit is promised twice, and who loses hears so."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier

import psycopg
import pytest
from psycopg.errors import DeadlockDetected

from ingest.ledger_checks import breaches
from ingest.reservation.acts import Request, reserve
from ingest.retries import retried
from tests.support.ledger_facts import Cell, HoldEvent, Lot, Movement, Statement
from tests.support.ledger_store import LedgerStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS = 15


@pytest.fixture
def connection(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection
        assert breaches(connection) == []


def at_once(url: str, *works: Callable[[psycopg.Connection], object]) -> list:
    """Do each work on a connection of its own, all from the same moment; their answers, or the errors they met."""
    barrier = Barrier(len(works))

    def do(work):
        with psycopg.connect(url, autocommit=True) as connection:
            barrier.wait()
            try:
                return work(connection)
            except psycopg.Error as error:
                return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def received(connection: psycopg.Connection, *cells: Cell, quantity: int = 1) -> None:
    LedgerStore(connection).move(*(Movement(str(uuid.uuid4()), cell, Decimal(quantity), NOW) for cell in cells))


def asking(number: str, cell: Cell, quantity: int = 1, **wishes) -> Callable[[psycopg.Connection], Decimal]:
    """Ask by the one path there is; how many were reserved."""
    wish = Statement(number, number, 1, "REQUESTED", cell, Decimal(quantity), NOW, is_of_garage=False, **wishes)
    return lambda connection: LedgerStore(connection).reserve(wish)[2]


def test_of_two_who_want_the_last_unit_one_gets_it_and_the_other_hears_who_has_it(stores, connection):
    for number in range(ROUNDS):
        cell = Cell("G1", str(uuid.uuid4()))
        received(connection, cell)
        requests = [
            Request(f"{name}{number}", "G1", uuid.UUID(cell.part), Decimal(1), f"{name}{number}", "1", "ann")
            for name in ("A", "B")
        ]
        answers = at_once(stores.pipeline, *(lambda on, wish=wish: reserve(on, wish) for wish in requests))
        winner, loser = sorted(answers, key=lambda answer: answer.reserved_quantity, reverse=True)
        assert (winner.reserved_quantity, loser.reserved_quantity, loser.backordered_quantity) == (1, 0, 1)
        assert loser.shortage_reason_code == "RESERVED_FOR_OTHER"
        assert winner.reservation_number in str(loser.obstacles)


def test_six_who_want_more_than_there_is_share_exactly_what_there_is(stores, connection):
    for number in range(ROUNDS):
        cell = Cell("G1", str(uuid.uuid4()))
        received(connection, cell, cell._replace(lot="L1"), quantity=4)
        answers = at_once(stores.pipeline, *(asking(f"{number}-{name}", cell, 3) for name in range(6)))
        assert sum(answers) == 8


def test_a_hold_and_a_request_for_the_same_unit_never_both_have_it(stores, connection):
    for number in range(ROUNDS):
        cell = Cell("G1", str(uuid.uuid4()))
        received(connection, cell)
        event = HoldEvent(f"h{number}", f"H{number}", 1, "PLACED", cell, Decimal(1), NOW)
        at_once(stores.pipeline, lambda on, event=event: LedgerStore(on).hold(event), asking(f"R{number}", cell))
        assert LedgerStore(connection).cells([cell.part])[cell][1:3] == (1, 0)


def test_statements_on_the_same_positions_in_opposite_order_never_wait_for_each_other_for_ever(stores, connection):
    cells = [Cell(f"G{number}", str(uuid.uuid4())) for number in range(30)]
    received(connection, *cells, quantity=5)
    for _ in range(ROUNDS):
        holds = [HoldEvent(str(uuid.uuid4()), "H", 1, "PLACED", cell, Decimal(1), NOW) for cell in reversed(cells[::2])]
        answers = at_once(
            stores.pipeline,
            lambda on: received(on, *cells),
            lambda on: received(on, *reversed(cells)),
            lambda on, holds=holds: LedgerStore(on).hold(*holds),
        )
        assert answers == [None, None, None]


def test_news_of_two_garages_of_a_part_that_somebody_wants_from_anywhere_needs_no_second_try(stores, connection):
    for number in range(ROUNDS):
        part = str(uuid.uuid4())
        cells = [Cell(garage, part) for garage in ("G1", "G2", "G3")]
        received(connection, *cells)
        asking(f"{number}-first", cells[0], 9, allows_other_garages=True)(connection)
        answers = at_once(
            stores.pipeline,
            lambda on, cells=cells: received(on, cells[2], quantity=2),
            lambda on, cells=cells: received(on, cells[0], quantity=2),
            asking(f"{number}-second", cells[1], 2, allows_other_garages=True),
            asking(f"{number}-third", cells[2], 2),
        )
        assert not [answer for answer in answers if isinstance(answer, psycopg.Error)]
        found = LedgerStore(connection).cells([part])
        assert sum(reserved for _, _, reserved, *_ in found.values()) == 7


def test_the_same_number_from_two_clients_is_one_reservation(stores, connection):
    for number in range(ROUNDS):
        cell = Cell("G1", str(uuid.uuid4()))
        received(connection, cell, quantity=5)
        assert at_once(stores.pipeline, *[asking(f"R{number}", cell, 2)] * 3) == [2, 2, 2]
        assert LedgerStore(connection).cells([cell.part])[cell][2] == 2


def test_what_a_lot_is_said_to_be_reaches_cells_that_are_written_at_that_moment(stores, connection):
    for _ in range(ROUNDS):
        cell = Cell("G1", str(uuid.uuid4()), "NEW", "L1")
        received(connection, cell)
        lot = Lot(cell.part, "L1", NOW, NOW.date(), NOW)
        at_once(
            stores.pipeline,
            lambda on, lot=lot: LedgerStore(on).state_lots(lot),
            lambda on, cell=cell: received(on, cell),
            lambda on, cell=cell: received(on, cell._replace(garage="G2")),
        )
        assert {found[4] for found in LedgerStore(connection).cells([cell.part]).values()} == {NOW.date()}


def test_two_statements_in_opposite_order_end_after_another_try(stores, connection):
    cells = [Cell("G1", str(uuid.uuid4())), Cell("G2", str(uuid.uuid4()))]
    lost = []

    def both(first: Cell, second: Cell) -> Callable[[psycopg.Connection], None]:
        def once(on: psycopg.Connection) -> None:
            try:
                with on.transaction():
                    received(on, first)
                    met.wait(5) if not lost else None
                    received(on, second)
            except DeadlockDetected:
                lost.append(first)
                raise

        return lambda on: retried(lambda: once(on))

    met = Barrier(2)
    assert at_once(stores.pipeline, both(*cells), both(*reversed(cells))) == [None, None]
    assert len(lost) == 1
    found = LedgerStore(connection).cells([cell.part for cell in cells])
    assert [found[cell][0] for cell in cells] == [2, 2]
