"""A reservation that is entered at once comes with its entry, and nobody else can leave one out."""

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


def entered(stock: Stock) -> list[str]:
    """The numbers of the reservations that have an entry."""
    rows = stock.connection.execute("select reservation_number from audit.entries order by 1").fetchall()
    return [number for (number,) in rows]


def warm(stock: Stock) -> None:
    """A reservation of before: the position is known."""
    stock.receive(20)
    stock.reserve("R0", 1)


def test_both_events_are_in_one_entry_that_names_the_reservation_and_who_asked(stock):
    warm(stock)
    before = len(records(stock))
    stock.reserve("R1", 2)
    assert len(records(stock)) == before
    (found,) = find_records(stock.connection, Subject(reservation_number="R1"))
    assert (found["relation_name"], found["row_count"]) == ("reservation.events", 2)
    assert (found["actor"], found["service_code"], found["action_code"]) == ("ann", "partsbay_pipeline", "INSERT")
    (row,) = found["details"]["rows"]
    assert (row["reservation_number"], row["part_id"], row["garage_code"]) == ("R1", str(stock.part_id), "G1")
    assert stock.events("R1") == [("REQUESTED", 2, 0), ("RESERVED", 2, 2)]
    assert breaches(stock.connection) == []


def test_when_its_entry_cannot_be_written_nothing_is_reserved(stock, stores):
    """Fault 36."""
    warm(stock)
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute("alter table audit.entries add constraint full_disk check (false) not valid")
        with pytest.raises(psycopg.errors.CheckViolation, match="full_disk"):
            stock.reserve("R1", 2)
        owner.execute("alter table audit.entries drop constraint full_disk")
    assert stock.reserved() == {"R0": 1}
    assert entered(stock) == ["R0"]
    assert breaches(stock.connection) == []


def test_a_reservation_that_is_taken_back_leaves_no_entry(stock):
    warm(stock)
    with stock.connection.transaction(force_rollback=True):
        stock.reserve("R1", 2)
        assert entered(stock) == ["R0", "R1"]
    assert entered(stock) == ["R0"]
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


def test_within_a_load_the_record_says_what_it_follows_from(stock):
    warm(stock)
    batch = stock.connection.execute("select uuidv7()").fetchone()[0]
    with stock.connection.transaction():
        stock.connection.execute("select set_config('partsbay.batch_id', %s, true)", [str(batch)])
        stock.reserve("R1", 1)
    assert records(stock)[-1]["details"]["caused_by_batch_id"] == str(batch)
    assert stock.reserved() == {"R0": 1, "R1": 1}


def test_many_at_once_leave_an_entry_each_and_touch_no_chain(stock):
    warm(stock)
    stock.receive(100)
    before = len(records(stock))

    def reserve(client: int) -> None:
        with stock.other() as mine:
            for number in range(10):
                mine.reserve(f"R{client}-{number}", 1)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(reserve, range(6)))
    assert entered(stock) == ["R0", *(f"R{client}-{number}" for client in range(6) for number in range(10))]
    assert {one["details"].get("seal_id") is not None for one in records(stock)[before:]} <= {True}
    assert breaches(stock.connection) == []
