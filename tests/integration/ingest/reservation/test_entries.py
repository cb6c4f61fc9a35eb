"""Entries of reservations join the chain in blocks, each once; whatever is done to them is named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ingest.anchors import write_anchor
from ingest.audit import Subject, attribute, find_records, seal
from ingest.audit_proof import breaches
from tests.support.reservations import Stock

SEALED = "select number from audit.seals cross join unnest(reservation_numbers) as number order by 1"
UNSEALED = """
select reservation_number from audit.entries
where not exists (select from audit.seals where reservation_number = any (reservation_numbers))
"""


@pytest.fixture
def attacker(stores, server) -> Iterator[psycopg.Connection]:
    """Somebody whose changes fire no trigger."""
    with psycopg.connect(server.url(stores.name), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


def reserve(stock: Stock, *numbers: str) -> None:
    stock.receive(len(numbers))
    for number in numbers:
        stock.reserve(number)


def enter(stock: Stock, *numbers: str) -> None:
    """Reserve, and wait until one seal would take them all."""
    reserve(stock, *numbers)
    stock.wait_for_earlier()


def sealed(connection: psycopg.Connection) -> list[str]:
    """Every entry of every seal, as often as it is there."""
    return [number for (number,) in connection.execute(SEALED)]


def seal_all(connection: psycopg.Connection) -> None:
    """Seal until all is; a vacuum that is under way may hold an entry back for a moment."""
    deadline = time.monotonic() + 20
    while connection.execute(UNSEALED).fetchone():
        assert time.monotonic() < deadline
        seal(connection)


def seal_records(connection: psycopg.Connection) -> list[tuple]:
    query = "select row_count, actor, reason, correlation_id from audit.records where action_code = 'SEAL'"
    return connection.execute(query + " order by lane_number, sequence_number").fetchall()


def told(found) -> str:
    return "\n".join(breach.message for breach in found)


def test_entries_are_sealed_once_however_often_somebody_seals(stock):
    reserve(stock, "R1", "R2")
    assert sealed(stock.connection) == []
    seal_all(stock.connection)
    assert sealed(stock.connection) == ["R1", "R2"]
    records = seal_records(stock.connection)
    assert [seal(stock.connection) for _ in range(2)] == [0, 0]
    reserve(stock, "R3")
    seal_all(stock.connection)
    assert sealed(stock.connection) == ["R1", "R2", "R3"]
    assert sum(row[0] for row in records) == 2 and sum(row[0] for row in seal_records(stock.connection)) == 3
    assert breaches(stock.connection) == []


def test_what_is_under_way_is_sealed_when_it_is_over_and_nobody_waits_for_it(stock):
    reserve(stock, "R1")
    slow = Stock(stock.url)
    slow.receive(1)
    stock.connection.execute("set lock_timeout = '200ms'")
    with slow.connection.transaction():
        slow.reserve("SLOW")
        reserve(stock, "R2")
        seal(stock.connection)
        # Who began after it may be over before it.
        assert set(sealed(stock.connection)) <= {"R1"}
        assert breaches(stock.connection) == []
    seal_all(stock.connection)
    assert sealed(stock.connection) == ["R1", "R2", "SLOW"]
    assert breaches(stock.connection) == []
    slow.connection.close()


def test_who_comes_while_another_seals_leaves_it_to_the_other(stock):
    enter(stock, "R1", "R2")
    with stock.other() as other:
        with other.connection.transaction():
            assert seal(other.connection) == 2
            reserve(stock, "R3")
            assert seal(stock.connection) == 0
        assert sealed(stock.connection) == ["R1", "R2"]
        seal_all(stock.connection)
    assert sealed(stock.connection) == ["R1", "R2", "R3"]
    assert breaches(stock.connection) == []


@pytest.mark.parametrize("end", ["rollback", "kill"])
def test_a_seal_that_comes_to_nothing_is_made_again(stock, attacker, end):
    enter(stock, "R1", "R2")
    with stock.other() as other:
        other.connection.autocommit = False
        assert seal(other.connection) == 2
        if end == "kill":
            attacker.execute("select pg_terminate_backend(%s, 10000)", [other.connection.info.backend_pid])
            with pytest.raises(psycopg.OperationalError):
                other.connection.commit()
        else:
            other.connection.rollback()
    assert sealed(stock.connection) == [] == seal_records(stock.connection)
    seal_all(stock.connection)
    assert sealed(stock.connection) == ["R1", "R2"]
    assert breaches(stock.connection) == []


def seal_at_every(stores, count: int) -> None:
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute(
            "create or replace function audit.sealed_every() returns integer language sql immutable parallel safe"
            f" return {count}"
        )


def test_writers_seal_what_others_left_and_say_nothing_of_their_own_about_it(stock, stores):
    seal_at_every(stores, 1)
    enter(stock, "R1")
    stock.receive(5)
    with stock.connection.transaction(), stock.connection.cursor() as cursor:
        attribute(cursor, "ann", "for Saturday", correlation_id="run-1")
        cursor.execute("select reservation_number from reservation.reserve('R2', 'G1', %s, 1, 'W2', '1', 'ann')",
                       [stock.part_id])  # fmt: skip
        stock.receive(1)
    assert sealed(stock.connection) == ["R1"]
    assert seal_records(stock.connection) == [(1, "audit", None, None)]
    said = find_records(stock.connection, Subject(), correlation_id="run-1")
    assert {(one["relation_name"], one["reason"]) for one in said} == {
        ("garage_inventory.movements", "for Saturday"), ("reservation.events", "for Saturday")
    }  # fmt: skip
    assert breaches(stock.connection) == []


def test_eight_writers_that_all_seal_seal_each_entry_once(stock, stores):
    seal_at_every(stores, 2)
    stock.receive(100)

    def work(client: int) -> None:
        with stock.other() as mine:
            for number in range(12):
                mine.reserve(f"R{client}-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert sealed(stock.connection) != []
    seal_all(stock.connection)
    assert sealed(stock.connection) == sorted(f"R{client}-{number}" for client in range(8) for number in range(12))
    assert breaches(stock.connection) == []


MANY = """
insert into audit.entries (transaction_id, recorded_at, part_id, reservation_number, actor, action_code, service_code,
    garage_code, condition_code, work_order_number, event_hashes)
select pg_current_xact_id(), now(), uuidv7(), 'R' || number, 'ann', 'INSERT', 'me', 'G1', 'NEW', 'W1', '{1,1}'
from generate_series(1, 2500) as number
"""


def test_many_entries_of_one_transaction_are_sealed_in_blocks_and_each_once(stores, server):
    with psycopg.connect(server.url(stores.name), autocommit=True) as connection:
        connection.execute(MANY)
        counts = [connection.execute("select audit.seal(1)").fetchone()[0] for _ in range(5)]
        assert [count for count in counts if count] == [1000, 1000, 500]
        assert connection.execute("select array_agg(cardinality(reservation_numbers) order by seal_id) from audit.seals"
                                  ).fetchone() == ([1000, 1000, 500],)  # fmt: skip
        assert len(set(sealed(connection))) == 2500
        assert connection.execute("select * from audit.seal_breaches()").fetchall() == []


def test_a_transaction_that_sees_an_old_moment_seals_nothing(stock):
    enter(stock, "R1")
    with stock.other() as other:
        other.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with other.connection.transaction():
            assert seal(other.connection) == 0


def test_an_anchor_sees_every_entry_that_was_there(stock, attacker, tmp_path):
    enter(stock, "R1", "R2")
    anchor = write_anchor(stock.connection, tmp_path)
    assert sealed(stock.connection) == ["R1", "R2"]
    assert not write_anchor(stock.connection, tmp_path).is_new
    # Seal and record both cut off, and the head set back.
    attacker.execute("truncate audit.entries, audit.seals")
    attacker.execute("delete from audit.records where action_code = 'SEAL'")
    attacker.execute("delete from audit.heads where stream_code = 'reservation'")
    attacker.execute("truncate audit.anchors")
    assert "record 1 is missing" in told(breaches(stock.connection, anchor.path))


ENTRY = "update audit.entries set {} where reservation_number = 'R1'"
EXCHANGED = """
update audit.entries set (recorded_at, actor, reason, work_order_number, event_hashes) = (
    select others.recorded_at, others.actor, others.reason, others.work_order_number, others.event_hashes
    from audit.entries as others
    where others.reservation_number = case entries.reservation_number when 'R1' then 'R2' else 'R1' end
) where reservation_number in ('R1', 'R2')
"""
TWICE = """
insert into audit.seals
select uuidv7(), sealed_at, first_transaction_id, last_transaction_id, reservation_numbers, entry_hashes
from audit.seals
"""


@pytest.mark.parametrize(
    ("damage", "numbers", "words"),
    [
        (ENTRY.format("actor = 'bob'"), {"R1"},
         "record 1: the entry of reservation R1 was edited; it says INSERT by bob"),
        (ENTRY.format("reason = 'so'"), {"R1"}, "the entry of reservation R1 was edited"),
        (ENTRY.format("event_hashes[2] = 1"), {"R1"}, "the entry of reservation R1 was edited"),
        ("delete from audit.entries where reservation_number = 'R1'", {"R1"}, "the entry of reservation R1 is missing"),
        (EXCHANGED, {"R1", "R2"}, "the entry of reservation R2 was edited"),
        ("update audit.entries set reservation_number = 'R9' where reservation_number = 'R1'", {"R1", "R9"},
         "the entry of reservation R1 is missing"),
        ("update audit.seals set sealed_at = now()", set(), "was edited: its hash is not the"),
        ("update audit.seals set reservation_numbers[1] = 'R9'", {"R9"}, "was edited: its hash is not the"),
        ("update audit.seals set entry_hashes = entry_hashes || 'x'", set(), "was edited: its hash is not the"),
        ("delete from audit.seals", set(), "of 3 entries is missing"),
        (TWICE, {"R1", "R2", "R3"}, "the entry of reservation R2 is sealed 2 times"),
        (TWICE, {"R1", "R2", "R3"}, "is in no record of the chain"),
        ("delete from audit.records where action_code = 'SEAL'", set(), "all 1 records are missing"),
        ("update reservation.events set quantity = 9 where reservation_number = 'R1'", {"R1"},
         "reservation R1: its events are not those that its entry is of"),
    ],
)  # fmt: skip
def test_whatever_is_done_to_a_sealed_entry_is_named(stock, attacker, damage, numbers, words):
    """Fault 34."""
    enter(stock, "R1", "R2", "R3")
    seal_all(stock.connection)
    assert len(seal_records(stock.connection)) == 1 and breaches(stock.connection) == []
    attacker.execute(damage)
    found = breaches(stock.connection)
    assert words in told(found)
    assert {breach.reservation_number for breach in found} - {None} == numbers
    attacker.execute("select garage_inventory.rebuild()")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (ENTRY.format("actor = 'bob'"), "reservation R1: it says bob"),
        (ENTRY.format("recorded_at = recorded_at - interval '1 hour'"), "reservation R1: it says ann"),
        (ENTRY.format("garage_code = 'G7'"), "reservation R1: it says ann reserved NEW of lot none in G7"),
        (ENTRY.format("event_hashes[2] = 1"), "reservation R1: its events are not those that its entry is of"),
        ("delete from audit.entries where reservation_number = 'R1'",
         "reservation R1: it has events, and neither an entry nor a record names it"),
        ("update reservation.events set actor = 'bob' where reservation_number = 'R1'", "reservation R1: it says ann"),
        ("delete from reservation.events where reservation_number = 'R1'", "reservation R1: its events are missing"),
    ],
)  # fmt: skip
def test_an_entry_that_is_not_sealed_yet_must_agree_with_its_events(stock, attacker, damage, words):
    """Fault 34."""
    reserve(stock, "R1", "R2")
    # This one waits, by a record of its own.
    stock.reserve("R3")
    assert breaches(stock.connection) == []
    attacker.execute(damage)
    found = breaches(stock.connection)
    assert words in told(found)
    assert {breach.reservation_number for breach in found} - {None} == {"R1"}
    assert sealed(stock.connection) == []
    attacker.execute("select garage_inventory.rebuild()")


def test_an_entry_is_found_like_a_record_at_the_place_of_its_seal(stock):
    reserve(stock, "R1")
    part = Subject(part=(stock.part_id, "BRND", "P1"))
    for subject in (Subject(reservation_number="R1"), Subject("G1", part.part, "R1")):
        (found,) = find_records(stock.connection, subject)
        assert (found["lane_number"], found["sequence_number"]) == (None, None)
    assert found["details"]["rows"] == [
        {"reservation_number": "R1", "garage_code": "G1", "part_id": str(stock.part_id), "condition_code": "NEW",
         "work_order_number": "WR1"}
    ]  # fmt: skip
    seal_all(stock.connection)
    (found,) = find_records(stock.connection, Subject(reservation_number="R1"))
    assert (found["lane_number"], found["sequence_number"]) == (0, 1)
    by_ann = [one["relation_name"] for one in find_records(stock.connection, Subject(), actor="ann")]
    assert by_ann.count("reservation.events") == 1
    assert find_records(stock.connection, Subject("G2")) == find_records(stock.connection, Subject(), actor="bob") == []
    assert [one["row_count"] for one in find_records(stock.connection, part, limit=1)] == [2]
