"""What each role may do is a matter of rights in the database, not of good manners in the code."""

import psycopg
import pytest

LEDGERS = ("garage_inventory.movements", "reservation.events", "quality_hold.events", "catalogue.parts")
REFUSED = psycopg.errors.InsufficientPrivilege


def execute(url: str, statement: str, values=None):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement, values)


def append(url: str, number: int) -> None:
    execute(url, "select audit.append('catalogue', 'test', 'LOAD', 'catalogue.parts', null, %s, null, '{}')", [number])


def test_the_analyst_reads_serving(stores):
    assert execute(stores.analyst, "select count(*) from stock_positions").fetchone() == (0,)


@pytest.mark.parametrize(
    "relation", ["audit.records", "garage_inventory.movements", "ingest.batches", "replenishment.messages"]
)
def test_the_analyst_is_refused_the_operational_schemas(stores, relation):
    with pytest.raises(REFUSED):
        execute(stores.analyst, f"select * from {relation}")


def test_the_analyst_is_refused_an_insert_even_after_leaving_read_only_mode(stores):
    statement = "insert into serving.generation values (true, uuidv7(), now(), now())"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        execute(stores.analyst, statement)
    with pytest.raises(REFUSED):
        execute(stores.analyst, f"set transaction_read_only = off; {statement}")


def test_the_analyst_creates_nothing_in_any_database(stores, warehouse):
    for url in (stores.analyst, warehouse.analyst):
        for statement in (
            "create schema mine",
            "create table public.mine (n int)",
            "create temporary table mine (n int)",
        ):
            with pytest.raises(REFUSED):
                execute(url, f"set transaction_read_only = off; {statement}")


@pytest.mark.parametrize("ledger", LEDGERS)
def test_the_pipeline_neither_updates_nor_deletes_nor_empties_a_ledger(stores, ledger):
    for statement in (f"update {ledger} set batch_id = uuidv7()", f"delete from {ledger}", f"truncate {ledger}"):
        with pytest.raises(REFUSED):
            execute(stores.pipeline, statement)


def test_the_pipeline_writes_the_audit_stream_through_its_function_alone(stores):
    append(stores.pipeline, 1)
    with pytest.raises(REFUSED):
        execute(stores.pipeline, "update audit.records set row_count = 2")
    with pytest.raises(REFUSED):
        execute(stores.pipeline, "update audit.heads set sequence_number = 0")
    with pytest.raises(REFUSED):
        execute(stores.pipeline, "insert into audit.heads values ('mine', 0, '')")


def test_a_whole_audit_chain_has_no_breach(stores):
    for number in range(3):
        append(stores.pipeline, number)
    assert execute(stores.pipeline, "select * from audit.breaches()").fetchall() == []


@pytest.mark.parametrize(
    ("damage", "found_at"),
    [
        ("update audit.records set row_count = 99 where sequence_number = 2", 2),
        ("delete from audit.records where sequence_number = 2", 2),
        ("delete from audit.records where sequence_number = 3", 3),
        ("update audit.records set sequence_number = 9 where sequence_number = 3", 9),
    ],
    ids=["an edit", "a record taken out", "the last record cut off", "a number changed"],
)
def test_damage_to_the_audit_chain_is_found_where_it_is(stores, damage, found_at):
    for number in range(3):
        append(stores.pipeline, number)
    execute(stores.owner, damage)
    breaches = execute(stores.pipeline, "select stream_code, sequence_number from audit.breaches()").fetchall()
    assert ("catalogue", found_at) in breaches


PEG = """
insert into reservation.events (reservation_number, sequence_number, event_type_code, garage_code, part_id, quantity,
    peg_quantity, work_order_number, work_order_line, priority, event_at, source_code, idempotency_key, payload_hash,
    actor)
values ('R1', 1, 'RESERVED', 'G1', uuidv7(), 1, 1, 'W1', '1', 5, now(), 'partsbay', 'x', 'x', 'me')
"""


@pytest.mark.parametrize(
    "statement",
    [
        PEG,
        "select reservation.unpeg(null, 'mine', now(), now(), null, null, 'me')",
        "select garage_inventory.enter_transfer_events('T1', 'RECEIVED', array[''], array[9], now(), 'me')",
        "insert into garage_inventory.transfer_events default values",
        "insert into garage_inventory.reversals default values",
        "insert into quality_hold.rules default values",
        "select quality_hold.close_rules(array['H1'], array[now()], 'mine', now(), 'me')",
    ],
    ids=[
        "a promise",
        "a promise taken away",
        "a step of a transfer",
        "an event of a transfer",
        "a reversal",
        "a rule",
        "the end of a rule",
    ],
)
def test_what_acts_and_allocation_alone_decide_is_entered_by_nobody_else(stores, statement):
    with pytest.raises(REFUSED):
        execute(stores.pipeline, statement)
