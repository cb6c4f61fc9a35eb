"""A region that takes over seals the entries that the other left, each once, though it counts transactions anew."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest

from ingest.audit import seal
from ingest.audit_proof import breaches
from tests.conftest import Database
from tests.support.regions import cut_off, level, subscribed
from tests.support.reservations import Stock

STORES = ("reservation", "audit")
SEALED = "select number from audit.seals cross join unnest(reservation_numbers) as number order by 1"
ENTRIES = "select reservation_number, transaction_id from audit.entries order by 1"
# As if the other region had counted otherwise: R1 long ago, R2 and R3 in what is still to come here.
AS_COUNTED_ELSEWHERE = """
update audit.entries set transaction_id = case reservation_number when 'R1' then '5'
    else (pg_current_xact_id()::text::bigint + 40)::text end::xid8
"""


def sealed(connection: psycopg.Connection) -> list[str]:
    return [number for (number,) in connection.execute(SEALED)]


def wrong(connection: psycopg.Connection) -> list:
    """What is not as it was written, of the stores that are mirrored here."""
    return [breach for breach in breaches(connection) if not breach.relation.startswith("garage_inventory.")]


def reserve(stock: Stock, *numbers: str) -> None:
    stock.receive(len(numbers))
    for number in numbers:
        stock.reserve(number)


@pytest.fixture
def regions(make_database, server) -> Iterator[tuple[Stock, Database]]:
    """A primary with three entries of which one is sealed, and a standby that has what it has."""
    primary, standby = make_database("stores"), make_database("stores")
    stock = Stock(primary.pipeline)
    reserve(stock, "R1", "R2", "R3")
    with psycopg.connect(server.url(primary.name), autocommit=True) as admin:
        admin.execute(AS_COUNTED_ELSEWHERE)
        admin.execute("update audit.sealing set sealed_before = '1'")
    stock.wait_for_earlier()
    assert seal(stock.connection) == 1
    with subscribed(server, primary, standby, STORES):
        for query in (SEALED, ENTRIES, "select count(*) from reservation.events"):
            level(primary, standby, query)
        yield stock, standby
    stock.connection.close()


def test_a_standby_makes_no_seals_and_seals_what_was_left_once_when_it_takes_over(regions, server):
    _, standby = regions
    with psycopg.connect(standby.pipeline, autocommit=True) as connection:
        assert sealed(connection) == ["R1"]
        assert seal(connection) == 0
        assert wrong(connection) == []
    cut_off(server, standby, STORES)
    taken = Stock(standby.pipeline)
    with psycopg.connect(server.url(standby.name), autocommit=True) as admin:
        # Reservations here before anybody has sealed: writers leave it to whoever looks at all.
        reserve(taken, "S1")
        assert admin.execute("select audit.seal(4)").fetchone() == (0,)
        taken.wait_for_earlier()
        assert seal(taken.connection) == 3
        assert sealed(taken.connection) == ["R1", "R2", "R3", "S1"]
        # The numbers of this server pass those that R2 and R3 had on the other.
        for number in range(60):
            admin.execute("select pg_current_xact_id()")
            if number % 20 == 0:
                reserve(taken, f"T{number}")
                admin.execute("select audit.seal(4)")
        deadline = time.monotonic() + 20
        while len(sealed(taken.connection)) < 7 and time.monotonic() < deadline:
            admin.execute("select audit.seal(4)")
    assert sealed(taken.connection) == ["R1", "R2", "R3", "S1", "T0", "T20", "T40"]
    assert wrong(taken.connection) == []
    taken.connection.close()
