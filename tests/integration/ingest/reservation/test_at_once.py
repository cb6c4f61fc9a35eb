"""A reservation that is entered at once comes with its record, and nobody else can leave one out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.audit import Subject, find_records
from ingest.audit_proof import breaches
from tests.support.reservations import Stock


def records(stock: Stock) -> list[dict]:
    with stock.connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from audit.records where stream_code = 'reservation' order by lane_number, sequence_number"
        ).fetchall()


def warm(stock: Stock) -> None:
    """Two reservations of before: the first makes the lane, the position is known."""
    stock.receive(20)
    stock.reserve("R0", 1)


def test_both_events_are_in_one_record_that_names_the_reservation_and_who_asked(stock):
    warm(stock)
    stock.reserve("R1", 2)
    record = records(stock)[-1]
    assert (record["relation_name"], record["row_count"], record["operation_code"]) == (
        "reservation.events",
        2,
        "INSERT",
    )
    (row,) = record["details"]["rows"]
    assert (row["reservation_number"], row["part_id"], row["garage_code"]) == ("R1", str(stock.part_id), "G1")
    assert (record["actor"], record["service_code"]) == ("ann", "partsbay_pipeline")
    for subject in (Subject(reservation_number="R1"), Subject("G1", (stock.part_id, "B", "P"), "R1")):
        assert [one["row_count"] for one in find_records(stock.connection, subject)] == [2]
    assert stock.events("R1") == [("REQUESTED", 2, 0), ("RESERVED", 2, 2)]
    assert breaches(stock.connection) == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("update reservation.events set quantity = 1 where reservation_number = 'R1'", "are not as they were written"),
        ("delete from reservation.events where reservation_number = 'R1'", "were written and"),
        ("update audit.records set actor = 'bob' where details @> '{\"rows\": [{\"reservation_number\": \"R1\"}]}'",
         "was edited"),
        ("delete from audit.records where details @> '{\"rows\": [{\"reservation_number\": \"R1\"}]}'", "is missing"),
        ("delete from audit.records where details @> '{\"rows\": [{\"reservation_number\": \"R2\"}]}'", "cut off"),
    ],
)  # fmt: skip
def test_whatever_is_done_to_it_past_the_platform_is_named(stock, stores, server, damage, words):
    """Fault 34."""
    warm(stock)
    stock.reserve("R1", 2)
    stock.reserve("R2", 2)
    with psycopg.connect(server.url(stores.name), autocommit=True) as attacker:
        attacker.execute("set session_replication_role = replica")
        attacker.execute(damage)
        assert words in "\n".join(breach.message for breach in breaches(stock.connection))
        # What is derived is put right for the fixture.
        attacker.execute("select garage_inventory.rebuild()")


def test_when_its_record_cannot_be_written_nothing_is_reserved(stock, stores):
    """Fault 36."""
    warm(stock)
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute("alter table audit.records add constraint full_disk check (false) not valid")
        with pytest.raises(psycopg.errors.CheckViolation, match="full_disk"):
            stock.reserve("R1", 2)
        owner.execute("alter table audit.records drop constraint full_disk")
    assert stock.reserved() == {"R0": 1}
    assert breaches(stock.connection) == []


def test_no_setting_and_no_role_that_the_pipeline_can_take_keeps_a_row_out_of_folds_or_audit(stock):
    warm(stock)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stock.connection.execute("set role partsbay_ledger")
    before = len(records(stock))
    with stock.connection.transaction():
        stock.connection.execute("select set_config('partsbay.lanes', '{\"reservation\": 0}', true)")
        stock.connection.execute(
            "insert into reservation.events (reservation_number, sequence_number, event_type_code, garage_code,"
            " part_id, quantity, work_order_number, work_order_line, priority, event_at, source_code, idempotency_key,"
            " payload_hash, actor)"
            " values ('R1', 1, 'REQUESTED', 'G1', %s, 1, 'W1', '1', 5, now(), 'partsbay', sha256('k'), '', 'ann')",
            [stock.part_id],
        )
    assert len(records(stock)) == before + 1
    found = stock.connection.execute("select count(*) from reservation.states where reservation_number = 'R1'")
    assert found.fetchone() == (1,)
    assert breaches(stock.connection) == []


def test_a_transaction_that_reserves_twice_stays_in_its_lane(stock):
    warm(stock)
    with stock.connection.transaction():
        stock.reserve("R1", 1)
        stock.reserve("R2", 1)
    assert [(one["lane_number"], one["sequence_number"]) for one in records(stock)][-2:] == [(0, 3), (0, 4)]


def test_within_a_load_the_record_says_what_it_follows_from(stock):
    warm(stock)
    batch = stock.connection.execute("select uuidv7()").fetchone()[0]
    with stock.connection.transaction():
        stock.connection.execute("select set_config('partsbay.batch_id', %s, true)", [str(batch)])
        stock.reserve("R1", 1)
    assert records(stock)[-1]["details"]["caused_by_batch_id"] == str(batch)
    assert stock.reserved() == {"R0": 1, "R1": 1}


def test_many_at_once_leave_a_record_each_in_whole_chains(stock):
    stock.receive(100)

    def reserve(client: int) -> None:
        with stock.other() as mine:
            for number in range(10):
                mine.reserve(f"R{client}-{number}", 1)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(reserve, range(6)))
    named = [row["reservation_number"] for record in records(stock) for row in record["details"]["rows"]]
    assert set(named) == {f"R{client}-{number}" for client in range(6) for number in range(10)}
    assert sum(record["row_count"] for record in records(stock)) == 120
    assert breaches(stock.connection) == []
