"""The standby has what the primary has, says how far it is behind, and a difference is found and named."""

import time

import psycopg
import pytest

from deploy.replication.lag import conflicts, lag, wait_caught_up
from deploy.replication.subscriptions import STORES, subscribe
from deploy.replication.verify import contents, verify
from deploy.stack.stack import Stack
from ingest.errors import ProtectedError

NEED = """
    insert into serving.replenishment_needs values
    ('G1', catalogue.part_id('BOSCH', %s), 'BOSCH', %s, 1, 0, 5, 'S1', 10, 'EUR', 'PROPOSED', now())
"""
LOT = """
    insert into garage_inventory.lots (part_id, lot_number, stated_at, source_code, actor)
    values (uuidv7(), 'L1', now(), 'partsbay', 'ann')
"""


@pytest.fixture
def primary(stack):
    """The primary's pipeline URL, and nothing left in the tables that these tests write."""
    yield stack.url("primary", "pipeline")
    with psycopg.connect(stack.url("primary", "pipeline")) as connection:
        connection.execute("delete from serving.replenishment_needs")
    wait_caught_up(stack.url("primary", "pipeline"), stack.url("standby", "pipeline"))


@pytest.fixture
def standby(stack):
    """The standby's pipeline URL."""
    return stack.url("standby", "pipeline")


def execute(url: str, statement: str, values=None):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement, values)


def heads(url: str) -> list[tuple]:
    query = "select stream_code, lane_number, sequence_number, record_hash from audit.heads order by 1, 2"
    return execute(url, query).fetchall()


def one(url: str, query: str):
    return execute(url, query).fetchone()


def test_there_is_one_subscription_per_store_with_the_settings_of_its_store(stack):
    with psycopg.connect(stack.url("standby", "owner")) as connection:
        rows = connection.execute(
            """
            select subname, subsynccommit, subfailover, suborigin, subdisableonerr, substream, subrunasowner,
                pg_get_userbyid(subowner)
            from pg_subscription
            """
        ).fetchall()
    durable = {"sub_reservation", "sub_audit"}
    assert {row[0] for row in rows} == {f"sub_{store}" for store in STORES}
    assert {row[0] for row in rows if row[1] == "local"} == durable
    assert {row[2:] for row in rows} == {(True, "none", False, "p", False, "partsbay_owner")}


def test_inserts_updates_and_deletes_arrive(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    execute(primary, NEED, ["007", "007"])
    execute(primary, "update serving.replenishment_needs set proposed_quantity = 9 where part_number = '007'")
    execute(primary, "delete from serving.replenishment_needs where part_number = '1'")
    wait_caught_up(primary, standby)
    assert one(standby, "select part_number, proposed_quantity::int from serving.replenishment_needs") == ("007", 9)


def test_the_lag_of_every_store_is_measured_and_nothing_is_left_to_send_once_level(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    wait_caught_up(primary, standby)
    measured = lag(stack.url("primary", "replication"), stack.url("standby", "replication"))
    assert set(measured) == set(STORES)
    assert {one["state"] for one in measured.values()} == {"streaming"}
    assert all(0 <= one["seconds"] < 5 for one in measured.values())


def test_a_standby_that_stands_still_falls_behind_by_the_clock_and_by_bytes(stack, primary, standby):
    owner = stack.url("standby", "owner")
    wait_caught_up(primary, standby)
    execute(owner, "alter subscription sub_serving disable")
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            execute(primary, "update serving.replenishment_needs set proposed_quantity = 7")
            execute(primary, NEED + "on conflict do nothing", ["1", "1"])
            serving = lag(stack.url("primary", "replication"), stack.url("standby", "replication"))["serving"]
            if serving["state"] == "stopped" and serving["seconds"] > 0.3:
                break
        assert (serving["state"], serving["seconds"] > 0.3, serving["bytes"] > 0) == ("stopped", True, True)
    finally:
        Stack(stack.home).up()
    wait_caught_up(primary, standby)
    assert verify(primary, standby) == []


def test_equal_regions_have_no_breach(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    assert verify(primary, standby) == []


def test_a_changed_row_of_the_standby_is_named_with_its_table_and_both_hashes(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    wait_caught_up(primary, standby)
    execute(standby, "update serving.replenishment_needs set proposed_quantity = 6")
    (breach,) = verify(primary, standby)
    assert breach["relation"] == "serving.replenishment_needs"
    assert breach["primary"]["rows"] == breach["standby"]["rows"] == 1
    assert breach["primary"]["hash"] != breach["standby"]["hash"]
    assert breach["primary"]["hash"] in breach["message"] and breach["standby"]["hash"] in breach["message"]


def test_a_row_missing_from_the_standby_is_named_with_both_counts(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    wait_caught_up(primary, standby)
    execute(standby, "delete from serving.replenishment_needs")
    (breach,) = verify(primary, standby)
    assert (breach["primary"]["rows"], breach["standby"]["rows"]) == (1, 0)


def test_a_change_of_a_row_that_the_standby_lacks_is_counted_as_a_conflict(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    wait_caught_up(primary, standby)
    execute(standby, "delete from serving.replenishment_needs")
    before = conflicts(standby).get("serving", 0)
    execute(primary, "update serving.replenishment_needs set proposed_quantity = 6")
    wait_caught_up(primary, standby)
    deadline = time.monotonic() + 15
    while conflicts(standby).get("serving", 0) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert conflicts(standby)["serving"] == before + 1


def test_an_edited_audit_record_is_found_in_the_region_where_it_was_edited(stack, primary, standby):
    execute(primary, "select audit.append('catalogue', 'test', 'LOAD', 'catalogue.parts', null, 3, null, '{}')")
    wait_caught_up(primary, standby)
    edit = "update audit.records set row_count = %s where stream_code = 'catalogue' and sequence_number = 1"
    execute(stack.url("standby", "owner"), edit, [4])
    try:
        breaches = verify(primary, standby)
    finally:
        execute(stack.url("standby", "owner"), edit, [3])
    assert {(b["check"], b["region"], b["relation"]) for b in breaches} == {
        ("replica", "standby", "audit.records"),
        ("audit_chain", "standby", "audit.records"),
    }
    assert verify(primary, standby) == []


def test_the_standby_has_the_same_heads_and_an_edited_row_is_named_in_its_region(stack, primary, standby):
    execute(primary, LOT)
    wait_caught_up(primary, standby)
    assert heads(standby) == heads(primary) != []
    owner = stack.url("primary", "owner")
    edit = "update garage_inventory.lots set actor = %s where lot_number = 'L1'"
    with psycopg.connect(owner) as connection:
        connection.execute("alter table garage_inventory.lots disable trigger audit_update")
        connection.execute(edit, ["bob"])
    wait_caught_up(primary, standby)
    try:
        (breach,) = verify(primary, standby)
    finally:
        with psycopg.connect(owner) as connection:
            connection.execute(edit, ["ann"])
            connection.execute("alter table garage_inventory.lots enable trigger audit_update")
    assert (breach["check"], breach["region"], breach["relation"]) == (
        "audit_content", "primary", "garage_inventory.lots",
    )  # fmt: skip
    assert verify(primary, standby) == []


def test_the_hash_of_a_table_does_not_depend_on_the_order_of_its_rows(stores, make_database):
    other = make_database("stores")
    for database, parts in ((stores, ["1", "2", "3"]), (other, ["3", "1", "2"])):
        with psycopg.connect(database.pipeline) as connection:
            connection.execute("set timezone = 'Asia/Tokyo'")
            for part in parts:
                connection.execute(NEED.replace("now()", "'2026-01-31T10:00Z'"), [part, part])
    table = "serving.replenishment_needs"
    here, there = contents(stores.pipeline, [table]), contents(other.pipeline, [table])
    assert here == there and here[table]["rows"] == 3


def test_a_table_that_joins_a_publication_is_refused_until_up_subscribes_it(stack, primary, standby):
    for region in ("primary", "standby"):
        execute(stack.url(region, "owner"), "create table serving.newcomers (newcomer_id integer primary key)")
        execute(
            stack.url(region, "owner"),
            "grant select, insert on serving.newcomers to partsbay_pipeline, partsbay_replication",
        )
        execute(stack.url(region, "owner"), "alter publication pub_serving add table serving.newcomers")
    try:
        execute(primary, "insert into serving.newcomers values (1)")
        (breach,) = verify(primary, standby)
        assert breach["relation"] == "serving.newcomers" and "not subscribed" in breach["message"]
        Stack(stack.home).up()
        wait_caught_up(primary, standby)
        assert one(standby, "select * from serving.newcomers") == (1,)
    finally:
        for region in ("primary", "standby"):
            execute(stack.url(region, "owner"), "drop table serving.newcomers")
        Stack(stack.home).up()


def test_a_standby_whose_slot_is_gone_is_refused_and_rebuilt_only_when_asked(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    wait_caught_up(primary, standby)
    execute(stack.url("standby", "owner"), "alter subscription sub_serving disable")
    _drop_slot(stack.url("primary", "replication"), "sub_serving")
    execute(primary, NEED, ["2", "2"])
    with pytest.raises(ProtectedError) as refusal:
        Stack(stack.home).up()
    assert refusal.value.code == "standby_cut_off"
    # Emptying a store of the standby is no change of the store, and leaves no record there.
    execute(primary, LOT)
    Stack(stack.home).up(rebuild_standby=True)
    assert verify(primary, standby) == []
    assert one(standby, "select count(*) from serving.replenishment_needs") == (2,)
    assert heads(standby) == heads(primary) != []


def test_rows_that_no_subscription_brought_are_not_overwritten(stack, primary, standby):
    execute(primary, NEED, ["1", "1"])
    wait_caught_up(primary, standby)
    owner = stack.url("standby", "owner")
    execute(owner, "alter subscription sub_serving disable")
    execute(owner, "alter subscription sub_serving set (slot_name = none)")
    execute(owner, "drop subscription sub_serving")
    with pytest.raises(ProtectedError) as refusal:
        subscribe(stack.url("primary", "replication"), owner, stack.url("primary", "replication"))
    assert refusal.value.code == "standby_not_empty"
    Stack(stack.home).up(rebuild_standby=True)
    assert verify(primary, standby) == []


def _drop_slot(url: str, name: str) -> None:
    """Drop a slot once its sender has noticed that nobody listens any more."""
    for _ in range(100):
        if not one(url, f"select active from pg_replication_slots where slot_name = '{name}'")[0]:
            break
        time.sleep(0.05)
    execute(url, "select pg_drop_replication_slot(%s)", [name])
