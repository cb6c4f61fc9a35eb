"""Every change of a store leaves a record: how many rows, who, why; and writers never wait for each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.audit import Subject, append, attribute, find_records
from ingest.audit_proof import breaches
from tests.support.ingest_files import ADJUSTMENT, HOLD, PRICE, RESERVATION, lines, usage_lines

PART = UUID(int=7)
LOT = """
insert into garage_inventory.lots (part_id, lot_number, stated_at, source_code, actor)
select %s, prefix || number, now(), 'partsbay', 'ann'
from (values (%s)) as given (prefix) cross join generate_series(1, %s) as number
"""
RECORDS = "select * from audit.records where relation_name = %s order by stream_code, lane_number, sequence_number"


@pytest.fixture
def pipeline(stores):
    """A connection as the pipeline that commits each statement."""
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


def add_lots(connection, prefix: str = "L", count: int = 1) -> None:
    connection.execute(LOT, (PART, prefix, count))


def records(connection, relation: str = "garage_inventory.lots") -> list[dict]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(RECORDS, (relation,)).fetchall()


def places(connection) -> list[tuple[int, int]]:
    return [(one["lane_number"], one["sequence_number"]) for one in records(connection)]


def test_every_table_of_every_store_is_watched_or_is_a_fold_that_nobody_may_write(pipeline):
    tables = pipeline.execute(
        """
        select audit.name_of(pg_class.oid), coalesce(proof_code, 'nothing'),
            coalesce((select array_agg(tgname::text || ' ' || tgfoid::regproc order by tgname)
                from pg_trigger where tgrelid = pg_class.oid and tgname like 'audit\\_%%' and tgenabled = 'O'), '{}'),
            has_table_privilege('partsbay_pipeline', pg_class.oid, 'insert, update, delete')
        from pg_class
        inner join pg_namespace on pg_namespace.oid = relnamespace
        left join audit.relations on relation_name = audit.name_of(pg_class.oid)
        where relkind in ('r', 'p') and not relispartition
            and (nspname = any(%s) or relation_name is not null)
        """,
        (["catalogue", "supplier_feed", "garage_inventory", "reservation", "replenishment", "quality_hold"],),
    ).fetchall()
    watched = [f"audit_{operation} audit.record_change" for operation in ("delete", "insert", "truncate", "update")]
    loaded = [watched[0], "audit_insert audit.require_batch", *watched[2:]]
    expected = {"ROWS": watched, "BATCHES": loaded, "FOLD": []}
    assert [one for one in tables if one[2] != expected.get(one[1])] == []
    assert [one for one in tables if one[1] == "FOLD" and one[3]] == []
    assert {one[1] for one in tables} == set(expected)
    assert {"ingest.decisions", "ingest.match_decisions"} <= {one[0] for one in tables}


def test_a_statement_leaves_one_record_for_one_row_or_for_a_thousand(pipeline):
    add_lots(pipeline)
    add_lots(pipeline, "M", 1000)
    one, many = records(pipeline)
    assert (one["row_count"], one["operation_code"], one["action_code"]) == (1, "INSERT", "INSERT")
    assert one["details"] == {"rows": [{"part_id": str(PART), "lot_number": "L1"}]}
    assert (many["row_count"], many["details"]) == (1000, {})
    assert len(one["content_hash"]) == len(many["content_hash"]) == 16
    assert breaches(pipeline) == []


def test_a_statement_that_changes_no_row_leaves_no_record(pipeline):
    add_lots(pipeline, count=0)
    assert records(pipeline) == []


def test_updates_deletes_and_truncation_are_recorded_with_what_was_before(stores, pipeline):
    add_lots(pipeline, count=3)
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute("update garage_inventory.lots set supplier_code = 'S' || lot_number where lot_number <> 'L3'")
        owner.execute("delete from garage_inventory.lots where lot_number = 'L1'")
        assert breaches(pipeline) == []
        owner.execute("truncate garage_inventory.lots")
    _, update, delete, truncation = records(pipeline)
    key = {"part_id": str(PART)}
    changes = sorted(update["details"]["rows"], key=lambda row: row["lot_number"])
    assert changes == [
        {**key, "lot_number": lot, "supplier_code": f"S{lot}", "before": {"supplier_code": None},
         "after": {"supplier_code": f"S{lot}"}}
        for lot in ("L1", "L2")
    ]  # fmt: skip
    assert (delete["action_code"], delete["row_count"]) == ("DELETE", 1)
    assert delete["details"]["rows"][0]["before"]["supplier_code"] == "SL1"
    assert (truncation["action_code"], truncation["row_count"], truncation["actor"]) == (
        "TRUNCATE", 2, "partsbay_owner",
    )  # fmt: skip
    assert breaches(pipeline) == []


def test_a_record_says_who_why_and_what_for_and_otherwise_which_account(pipeline):
    add_lots(pipeline)
    with pipeline.transaction(), pipeline.cursor() as cursor:
        attribute(cursor, "ann", "label was wrong", action_code="RELABEL", correlation_id="run-1")
        add_lots(pipeline, "M")
    add_lots(pipeline, "N")
    said = [
        (one["actor"], one["service_code"], one["reason"], one["action_code"], one["correlation_id"])
        for one in records(pipeline)
    ]
    alone = ("partsbay_pipeline", "partsbay_pipeline", None, "INSERT", None)
    assert said == [alone, ("ann", "partsbay_pipeline", "label was wrong", "RELABEL", "run-1"), alone]


def test_a_load_leaves_a_record_for_each_relation_that_names_its_file(ingest):
    ingest.catalogue()
    batch = ingest(usage_lines(30), source="G1", name="usage.csv")
    for relation in ("garage_inventory.usage_lines", "garage_inventory.movements"):
        (record,) = records(ingest.connection, relation)
        assert (record["action_code"], record["row_count"], record["batch_id"]) == ("LOAD", 30, batch.batch_id)
        assert record["details"] == {"source_code": "G1", "file_name": "usage.csv"}
        assert (record["actor"], record["stream_code"]) == ("pipeline", "garage_inventory")
    assert breaches(ingest.connection) == []


def test_rows_that_batches_alone_may_fill_are_refused_outside_of_one(ingest):
    ingest.catalogue()
    ingest(lines(PRICE), source="S1")
    again = "insert into supplier_feed.offers select * from supplier_feed.offers"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="filled by batches alone") as refused:
        ingest.connection.execute(again)
    assert "partsbay ingest" in refused.value.diag.message_hint
    assert breaches(ingest.connection) == []


def test_when_the_record_cannot_be_written_the_change_is_rolled_back(stores, pipeline):
    """Fault 36."""
    add_lots(pipeline)
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute("alter table audit.records add constraint full_disk check (false) not valid")
        with pytest.raises(psycopg.errors.CheckViolation, match="full_disk"):
            add_lots(pipeline, "M")
        assert pipeline.execute("select count(*) from garage_inventory.lots").fetchone() == (1,)
        owner.execute("alter table audit.records drop constraint full_disk")
    add_lots(pipeline, "M")
    assert places(pipeline) == [(0, 1), (0, 2)]
    assert breaches(pipeline) == []


def test_a_second_writer_does_not_wait_for_the_first(stores, pipeline):
    with psycopg.connect(stores.pipeline) as slow, psycopg.connect(stores.pipeline) as quick:
        add_lots(slow)
        quick.execute("set lock_timeout = '200ms'")
        add_lots(quick, "M")
        quick.commit()
        assert places(pipeline) == [(1, 1)]
        slow.commit()
    add_lots(pipeline, "N")
    assert places(pipeline) == [(0, 1), (0, 2), (1, 1)]
    assert breaches(pipeline) == []


def test_a_transaction_keeps_its_lane_when_an_earlier_one_comes_free(stores, pipeline):
    with psycopg.connect(stores.pipeline) as first, psycopg.connect(stores.pipeline) as second:
        add_lots(first)
        add_lots(second, "M")
        first.commit()
        add_lots(second, "N")
        second.commit()
    assert places(pipeline) == [(0, 1), (1, 1), (1, 2)]


def test_what_a_savepoint_takes_back_leaves_the_chain_whole(stores, pipeline):
    with psycopg.connect(stores.pipeline) as busy, psycopg.connect(stores.pipeline) as connection:
        add_lots(busy)
        with connection.transaction(force_rollback=True):
            add_lots(connection, "M")
        add_lots(connection, "N")
        connection.commit()
        busy.commit()
    assert places(pipeline) == [(0, 1), (1, 1)]
    assert breaches(pipeline) == []


def test_many_writers_at_once_leave_whole_chains_and_no_more_lanes_than_writers(stores, pipeline):
    def write(writer: int) -> None:
        with psycopg.connect(stores.pipeline) as connection:
            for number in range(15):
                append(connection.cursor(), f"writer {writer}", "TEST", "ingest.batches", None, 1, {"number": number})
                append(connection.cursor(), f"writer {writer}", "TEST", "ingest.batches", None, 1, {"number": number})
                connection.commit()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    found = records(pipeline, "ingest.batches")
    assert len(found) == 6 * 15 * 2
    assert {one["lane_number"] for one in found} <= set(range(6))
    assert breaches(pipeline) == []


def test_records_are_found_by_part_garage_reservation_hold_actor_and_batch(ingest):
    ingest.catalogue()
    usage = ingest(usage_lines(30), source="G1")
    reserved = ingest(lines(RESERVATION))
    held = ingest(lines(HOLD))
    offered = ingest(lines(PRICE), source="S1")
    connection = ingest.connection
    part_id = ingest.value("select catalogue.part_id('BOSC', '007')")
    with connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, "ann", "label was wrong")
        connection.execute(LOT, (part_id, "L", 1))

    def batches(*subject, **others) -> set:
        return {one["batch_id"] for one in find_records(connection, Subject(*subject), **others)} - {None}

    part = (part_id, "BOSC", "007")
    assert {usage.batch_id, reserved.batch_id, held.batch_id, offered.batch_id} <= batches(None, part)
    assert batches("G1", part) == {usage.batch_id, reserved.batch_id, held.batch_id}
    assert batches("G2", part) == set()
    assert batches(None, None, "R1") == {reserved.batch_id}
    assert batches(None, None, None, "H1") == {held.batch_id}
    assert batches(batch_id=held.batch_id) == {held.batch_id}
    (lot,) = find_records(connection, Subject(), actor="ann")
    assert lot["reason"] == "label was wrong"
    assert lot in find_records(connection, Subject(part=part))


def test_what_follows_from_a_load_is_found_like_the_load_where_it_is_too_much_to_be_named(ingest):
    ingest.catalogue()
    ingest(lines(ADJUSTMENT, {"quantity": "30"}))
    asked = ({"reservation_number": f"R{n}", "work_order_number": f"W{n}"} for n in range(25))
    ingest(lines({**RESERVATION, "event_type_code": "REQUESTED"}, *asked))
    found = find_records(ingest.connection, Subject(reservation_number="R7"))
    assert [(one["row_count"], one["batch_id"] is None) for one in found] == [(25, True), (25, False)]
    assert find_records(ingest.connection, Subject(reservation_number="R99")) == []
