"""What was done to records, chains, rows or anchors past the platform is found, and named."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest

from deploy.database.migrate import _upgrade, migrate
from ingest.anchors import write_anchor
from ingest.audit_proof import breaches, chain_breaches, content_breaches
from tests.support.ingest_files import PRICE, lines, usage_lines

APPEND = "select audit.append('catalogue', 'test', 'LOAD', 'catalogue.parts', null, %s, null, '{}')"
# What somebody with the rights of the owner would do: records 3 and on made anew, their hashes and the head as well.
REWRITE = """
do $$
declare
    entry audit.records;
    last_hash bytea := (select record_hash from audit.records where sequence_number = 2);
begin
    for entry in select * from audit.records where sequence_number >= 3 order by sequence_number loop
        entry.row_count := entry.row_count + 1;
        entry.previous_hash := last_hash;
        entry.record_hash := audit.hash_of(entry);
        update audit.records set (row_count, previous_hash, record_hash)
            = (entry.row_count, entry.previous_hash, entry.record_hash)
            where sequence_number = entry.sequence_number;
        last_hash := entry.record_hash;
    end loop;
    update audit.heads set record_hash = last_hash;
end
$$
"""


@pytest.fixture
def pipeline(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


@pytest.fixture
def attacker(stores, server):
    """Somebody whose changes fire no trigger."""
    with psycopg.connect(server.url(stores.name), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


def append(connection, count: int = 5) -> None:
    for number in range(1, count + 1):
        connection.execute(APPEND, (number,))


def told(found) -> str:
    return "\n".join(breach.message for breach in found)


@pytest.mark.parametrize(
    ("damage", "place", "words"),
    [
        ("update audit.records set actor = 'bob' where sequence_number = 3", 3, "record 3 was edited"),
        ("update audit.records set reason = 'so' where sequence_number = 3", 3, "record 3 was edited"),
        ("delete from audit.records where sequence_number = 3", 3, "record 3 is missing"),
        ("delete from audit.records where sequence_number in (2, 3)", 2, "records 2 to 3 are missing"),
        ("delete from audit.records where sequence_number = 1", 1, "record 1 is missing"),
        ("update audit.records set sequence_number = 0 where sequence_number = 3;"
         "update audit.records set sequence_number = 3 where sequence_number = 4;"
         "update audit.records set sequence_number = 4 where sequence_number = 0", 3,
         "record 3 is not the one that was chained here"),
        ("delete from audit.records where sequence_number = 5", 5, "the chain ends at record 4 and its head says 5"),
        ("update audit.heads set sequence_number = 4", 4, "the head says that the chain ends at record 4"),
        ("update audit.heads set record_hash = '\\x01'", 5, "the head has the hash 01"),
        ("delete from audit.heads", 5, "the head of the chain is missing"),
        ("delete from audit.records", 5, "all 5 records are missing"),
    ],
)  # fmt: skip
def test_a_record_that_is_edited_deleted_or_reordered_is_named_with_its_chain(pipeline, attacker, damage, place, words):
    """Fault 34."""
    append(pipeline)
    assert breaches(pipeline) == []
    attacker.execute(damage)
    found = breaches(pipeline)
    assert ("catalogue", 0, place) in {(b.stream_code, b.lane_number, b.sequence_number) for b in found}
    assert words in told(found)
    assert "Audit stream catalogue, lane 0" in told(found)


CUT = """
delete from audit.records where sequence_number > 3;
update audit.heads set sequence_number = 3,
    record_hash = (select record_hash from audit.records where sequence_number = 3)
"""


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (CUT, "record 5 is missing"),
        (REWRITE, "record 5 or one before it was written anew"),
        ("truncate audit.records, audit.heads", "record 5 is missing"),
    ],
    ids=["tail and head cut", "tail and head written anew", "nothing left"],
)
def test_a_tail_that_was_cut_or_rewritten_with_its_head_is_found_against_the_anchor(
    pipeline, attacker, tmp_path, damage, words
):
    """Fault 35."""
    append(pipeline)
    anchor = write_anchor(pipeline, tmp_path)
    append(pipeline, 2)
    assert breaches(pipeline, tmp_path) == []
    attacker.execute(damage)
    attacker.execute("truncate audit.anchors")
    assert breaches(pipeline) == []
    (found,) = breaches(pipeline, anchor.path)
    assert (found.stream_code, found.lane_number, found.sequence_number) == ("catalogue", 0, 5)
    assert words in found.message and anchor.path.name in found.message


def test_the_anchors_in_the_database_tell_the_same_and_are_chained_themselves(pipeline, attacker, tmp_path):
    append(pipeline)
    write_anchor(pipeline, tmp_path)
    append(pipeline, 1)
    write_anchor(pipeline, tmp_path)
    assert chain_breaches(pipeline) == []
    attacker.execute(CUT)
    (found,) = chain_breaches(pipeline)
    assert (found.check, found.sequence_number) == ("audit_anchor", 5)
    attacker.execute("delete from audit.anchors where anchor_number = 1")
    assert "Audit anchor 2 was edited, or the one before it is missing" in told(chain_breaches(pipeline))


def test_a_clock_that_jumps_back_an_hour_breaks_no_chain_and_reuses_no_key(stores, pipeline):
    """Fault 37."""
    append(pipeline, 2)
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        query = "select pg_get_functiondef('audit.enter'::regproc)"
        (definition,) = owner.execute(query).fetchone()
        jumped = definition.replace("clock_timestamp()", "clock_timestamp() - interval '1 hour'")
        assert jumped != definition
        owner.execute(jumped)
        append(pipeline, 2)
        owner.execute(definition)
    append(pipeline, 1)
    moments = [
        row[0]
        for row in pipeline.execute("select recorded_at from audit.records order by lane_number, sequence_number")
    ]
    assert moments[1] - moments[2] > timedelta(minutes=59) and moments != sorted(moments)
    assert pipeline.execute("select count(distinct record_id), max(sequence_number) from audit.records").fetchone() == (
        5, 5,
    )  # fmt: skip
    assert breaches(pipeline) == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("update garage_inventory.movements set quantity = -9 where document_number = 'W7'",
         "30 rows of garage_inventory.movements are not as they were written in batch"),
        ("delete from garage_inventory.movements where document_number = 'W7'",
         "30 rows of garage_inventory.movements were written and 29 are there in batch"),
        ("insert into garage_inventory.movements select uuidv7(), garage_code, part_id, lot_number, condition_code,"
         " movement_type_code, quantity, reason_code, document_number, document_line, event_at, source_code, batch_id,"
         " 99, 'x', actor, recorded_at from garage_inventory.movements where document_number = 'W7'",
         "30 rows of garage_inventory.movements were written and 31 are there in batch"),
    ],
    ids=["edited", "deleted", "added"],
)  # fmt: skip
def test_a_row_of_a_ledger_changed_past_the_platform_is_found_and_its_batch_named(ingest, attacker, damage, words):
    ingest.catalogue()
    batch = ingest(usage_lines(30), source="G1")
    ingest(usage_lines(5, work_order_line="2"), source="G1")
    assert content_breaches(ingest.connection) == []
    attacker.execute(damage)
    (found,) = content_breaches(ingest.connection)
    assert (found.relation, found.batch_id) == ("garage_inventory.movements", batch.batch_id)
    assert found.message == f"{words} {batch.batch_id}."


def test_a_row_that_is_gone_from_a_feed_is_found_by_its_count(ingest, attacker):
    ingest.catalogue()
    batch = ingest(lines(PRICE, {}, {"part_number": "0986AB"}), source="S1")
    assert content_breaches(ingest.connection) == []
    attacker.execute("delete from supplier_feed.offers where part_number = '007'")
    (found,) = content_breaches(ingest.connection)
    assert found.message == f"2 rows of supplier_feed.offers were written and 1 are there in batch {batch.batch_id}."


def test_a_batch_that_is_taken_again_adds_to_its_records(ingest):
    ingest.catalogue()
    ingest(usage_lines(3), source="G1")
    ingest(usage_lines(6), source="G1")
    records = "select row_count from audit.records where relation_name = 'garage_inventory.usage_lines' order by 1"
    assert ingest.rows(records) == [(3,), (3,)]
    assert breaches(ingest.connection) == []


LOTS = """
insert into garage_inventory.lots (part_id, lot_number, stated_at, source_code, actor)
select uuidv7(), 'L' || number, now(), 'partsbay', 'ann' from generate_series(1, 9) as number
"""


def test_a_column_that_comes_or_goes_is_asked_for_and_taken_over(stores, pipeline):
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        for change in ("add column note text default 'none'", "drop column note"):
            pipeline.execute(LOTS)
            owner.execute(f"alter table garage_inventory.lots {change}")
            assert "garage_inventory.lots has other columns than its records cover" in told(breaches(pipeline))
            owner.execute("select audit.watch('garage_inventory.lots')")
            assert breaches(pipeline) == []
    pipeline.execute(LOTS)
    assert breaches(pipeline) == []


def test_a_standby_takes_rows_over_without_records_of_its_own(stores, server, pipeline):
    pipeline.execute(LOTS)
    with psycopg.connect(server.url(stores.name), autocommit=True) as admin:
        admin.execute(
            "create subscription sub_audit connection 'dbname=nowhere' publication pub_audit"
            " with (connect = false, slot_name = none)"
        )
        try:
            admin.execute("alter table garage_inventory.lots add column note text")
            admin.execute("select audit.watch('garage_inventory.lots')")
            admin.execute("truncate garage_inventory.lots")
        finally:
            admin.execute("drop subscription sub_audit")
    assert pipeline.execute("select operation_code from audit.records").fetchall() == [("INSERT",)]


def test_a_new_column_does_not_hide_an_edit_of_before(stores, pipeline, attacker):
    pipeline.execute(LOTS)
    attacker.execute("update garage_inventory.lots set actor = 'bob' where lot_number = 'L3'")
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute("alter table garage_inventory.lots add column note text")
        owner.execute("select audit.watch('garage_inventory.lots')")
    words = "9 rows of garage_inventory.lots are not as they were written outside of any batch."
    assert told(breaches(pipeline)) == words


def test_records_of_before_there_were_lanes_stay_whole_and_rows_of_before_are_taken_over(make_database, server):
    old = make_database("stores")
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f'drop database "{old.name}"')
        admin.execute(f'create database "{old.name}" owner partsbay_owner')
    _upgrade(old.owner, "stores", "0007")
    with psycopg.connect(old.pipeline, autocommit=True) as connection:
        append(connection, 3)
        connection.execute(LOTS)
    migrate(old.owner, "stores")
    with psycopg.connect(old.pipeline, autocommit=True) as connection, \
            psycopg.connect(server.url(old.name), autocommit=True) as attacker:  # fmt: skip
        append(connection, 2)
        connection.execute(LOTS)
        assert breaches(connection) == []
        taken = "select operation_code, row_count from audit.records where relation_name = 'garage_inventory.lots'"
        assert sorted(connection.execute(taken)) == [("BASELINE", 9), ("INSERT", 9)]
        attacker.execute("set session_replication_role = replica")
        attacker.execute(
            "update audit.records set row_count = 99 where sequence_number = 2 and stream_code = 'catalogue'"
        )
        attacker.execute("delete from garage_inventory.lots where lot_number = 'L1'")
        found = told(breaches(connection))
    assert "Audit stream catalogue, lane 0, record 2: record 2 was edited" in found
    assert "18 rows of garage_inventory.lots were written and 16 are there" in found


def test_an_anchor_is_written_once_for_the_same_heads_and_is_read_only(pipeline, tmp_path):
    append(pipeline, 1)
    first = write_anchor(pipeline, tmp_path)
    again = write_anchor(pipeline, tmp_path)
    assert (first.is_new, again.is_new, again.path) == (True, False, first.path)
    append(pipeline, 1)
    second = write_anchor(pipeline, tmp_path)
    assert second.is_new and second.path.name == f"{first.path.stem}-2.json"
    assert (first.anchor_number, second.anchor_number) == (1, 2)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o444}
    assert len(list(tmp_path.iterdir())) == 2
    assert breaches(pipeline, tmp_path) == []
    first.path.unlink()
    second.path.unlink()
    assert write_anchor(pipeline, tmp_path).is_new


def rewrite(path, **changes) -> None:
    anchor = {**json.loads(path.read_text()), **changes}
    path.chmod(0o644)
    path.write_text(json.dumps(anchor))


def test_an_anchor_file_that_was_changed_or_lost_its_signature_is_named(pipeline, tmp_path):
    append(pipeline, 2)
    path = write_anchor(pipeline, tmp_path, b"secret").path
    assert breaches(pipeline, path, b"secret") == breaches(pipeline, path) == []
    assert "does not carry the signature of our key" in told(breaches(pipeline, path, b"other"))
    heads = json.loads(path.read_text())["heads"]
    rewrite(path, heads=[{**heads[0], "sequence_number": 1}])
    assert told(breaches(pipeline, path)) == f"Audit anchor: {path.name} was edited."
    assert "signature" in told(breaches(pipeline, path, b"secret"))
    rewrite(path, heads=heads, anchored_at="never")
    assert "was edited" in told(breaches(pipeline, path))
    path.write_text("{}")
    assert "is no anchor" in told(breaches(pipeline, path))
    path.write_text("not json")
    assert "cannot be read" in told(breaches(pipeline, path))


def test_a_file_without_a_signature_is_a_breach_where_a_key_is_set(pipeline, tmp_path):
    append(pipeline, 1)
    path = write_anchor(pipeline, tmp_path).path
    assert "is not signed" in told(breaches(pipeline, path, b"secret"))
