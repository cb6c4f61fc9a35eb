"""The queue is mirrored: a region that takes over has the leases, and brings about nothing a second time."""

from __future__ import annotations

import time
from datetime import timedelta

import psycopg
import pytest
from psycopg import conninfo, sql

from ingest.errors import ProtectedError
from ingest.planning.queue import Consumed, begin_effect, claim, consume, enqueue, free_leases

TOPIC = "replenishment.order"
STORES = ("replenishment", "audit")
ORDERS = """
create table replenishment.orders_made (message_id uuid primary key);
grant select, insert on replenishment.orders_made to partsbay_pipeline;
alter publication pub_replenishment add table replenishment.orders_made;
"""


@pytest.fixture
def regions(make_database, server):
    """A primary and a standby that subscribes to its queue and its audit; a test may cut the standby off."""
    primary, standby = make_database("stores"), make_database("stores")
    for region in (primary, standby):
        with psycopg.connect(region.owner) as connection:
            connection.execute(ORDERS)
    url = conninfo.make_conninfo(server.url(primary.name))
    with (
        psycopg.connect(server.url(primary.name), autocommit=True) as publisher,
        psycopg.connect(server.url(standby.name), autocommit=True) as subscriber,
    ):
        for store in STORES:
            # Both databases are of one server, which would wait for itself if the subscription made its slot.
            slot = f"{standby.name}_{store}"
            publisher.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", (slot,))
            subscriber.execute(
                sql.SQL(
                    "create subscription {} connection {} publication {} with (create_slot = false, slot_name = {})"
                ).format(*(sql.Identifier(f"sub_{store}"), sql.Literal(url)),
                         sql.Identifier(f"pub_{store}"), sql.Literal(slot))
            )  # fmt: skip
        _wait_for_copies(subscriber)
        try:
            yield primary, standby
        finally:
            for store in STORES:
                subscriber.execute(f"alter subscription sub_{store} disable")
                subscriber.execute(f"alter subscription sub_{store} set (slot_name = none)")
                subscriber.execute(f"drop subscription sub_{store}")
                _drop_slot(publisher, f"{standby.name}_{store}")


def _wait_for_copies(subscriber) -> None:
    """Until every table is copied, tables of one subscription are not of one moment."""
    deadline = time.monotonic() + 60
    query = "select count(*) from pg_subscription_rel where srsubstate <> 'r'"
    while subscriber.execute(query).fetchone() != (0,):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _drop_slot(publisher, name: str) -> None:
    for _ in range(200):
        if not publisher.execute("select active from pg_replication_slots where slot_name = %s", (name,)).fetchone()[0]:
            break
        time.sleep(0.05)
    publisher.execute("select pg_drop_replication_slot(%s)", (name,))


def level(primary, standby, query: str) -> None:
    """Wait until both regions answer the same, not nothing."""
    deadline = time.monotonic() + 30
    with psycopg.connect(primary.pipeline) as here:
        wanted = here.execute(query).fetchall()
    with psycopg.connect(standby.pipeline, autocommit=True) as there:
        while (found := there.execute(query).fetchall()) != wanted:
            assert time.monotonic() < deadline, f"{found} is not {wanted}"
            time.sleep(0.05)


def cut_off(server, standby) -> None:
    """The primary is gone for good: nothing of it arrives any more, and the standby is written to."""
    with psycopg.connect(server.url(standby.name), autocommit=True) as connection:
        for store in STORES:
            connection.execute(f"alter subscription sub_{store} disable")


LEASES = (
    "select message_id, status_code, lease_token, leased_by, visible_at, attempt_count"
    " from replenishment.messages order by message_id"
)
HEADS = "select lane_number, sequence_number from audit.heads where stream_code = 'replenishment' order by 1"


def order(cursor, message) -> None:
    cursor.execute("insert into replenishment.orders_made values (%s)", (message.message_id,))


def lease_three(primary, visible_for: timedelta) -> list:
    """Three leased messages on the primary, of which the first has had its effect and no word after it."""
    with psycopg.connect(primary.pipeline, autocommit=True) as connection:
        for number in range(3):
            enqueue(connection, TOPIC, str(number), {})
        held = claim(connection, [TOPIC], "of the primary", 3, visible_for)
        with connection.transaction(), connection.cursor() as cursor:
            assert begin_effect(cursor, held[0])
            order(cursor, held[0])
    return held


def test_leases_are_there_after_failover_are_freed_within_seconds_and_nothing_is_ordered_twice(regions, server):
    """Fault 29: failover with leased messages: all visible again within 5 s, no second order sent."""
    primary, standby = regions
    lease_three(primary, timedelta(hours=1))
    for query in (LEASES, HEADS, "select count(*) from replenishment.message_effects"):
        level(primary, standby, query)
    with psycopg.connect(standby.pipeline, autocommit=True) as connection:
        with pytest.raises(ProtectedError, match="this is a standby"):
            claim(connection, [TOPIC], "too early")
        cut_off(server, standby)
        began = time.monotonic()
        assert claim(connection, [TOPIC], "of the standby") == []
        assert len(free_leases(connection, "ann", "the primary region is lost")) == 3
        consumed = consume(connection, [TOPIC], "of the standby", order)
        assert time.monotonic() - began < 5
        assert consumed == Consumed(done=2, repeated=1)
        assert connection.execute("select count(*) from replenishment.orders_made").fetchone() == (3,)
        query = "select distinct status_code, attempt_count from replenishment.messages"
        assert connection.execute(query).fetchall() == [("DONE", 2)]
        assert connection.execute("select * from audit.breaches()").fetchall() == []


def test_without_a_word_from_anybody_leases_end_by_themselves_after_failover(regions, server):
    """Fault 29: leases are absolute moments, so the region that takes over sees them end."""
    primary, standby = regions
    held = lease_three(primary, timedelta(seconds=3))
    level(primary, standby, LEASES)
    level(primary, standby, "select count(*) from replenishment.orders_made")
    cut_off(server, standby)
    with psycopg.connect(standby.pipeline, autocommit=True) as connection:
        deadline = time.monotonic() + 20
        done = Consumed()
        while done.done + done.repeated < 3 and time.monotonic() < deadline:
            consumed = consume(connection, [TOPIC], "of the standby", order)
            done = done.plus(**consumed.__dict__)
            time.sleep(0.1)
        assert done == Consumed(done=2, repeated=1)
        query = "select message_id from replenishment.orders_made order by 1"
        assert [row[0] for row in connection.execute(query)] == [message.message_id for message in held]
