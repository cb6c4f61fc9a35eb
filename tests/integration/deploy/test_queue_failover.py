"""The queue is mirrored: a region that takes over has the leases, and brings about nothing a second time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ingest.errors import ProtectedError
from ingest.orders import building, following, sending
from ingest.planning.queue import Consumed, begin_effect, claim, consume, enqueue, free_leases
from ingest.profiles.folder import Profiles
from tests.support.orders import Orders
from tests.support.planning import Planner
from tests.support.regions import cut_off, level, subscribed

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
    with subscribed(server, primary, standby, STORES):
        yield primary, standby


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
        cut_off(server, standby, STORES)
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


def test_a_standby_sends_and_ends_no_order_and_gives_no_number_again_once_it_took_over(regions, server, tmp_path):
    primary, standby = regions
    orders = Orders(primary.owner)
    first, second = orders.order(10, sent=3), orders.order(5, sent=None)
    orders.event(first, "FILED", 3, supplier_code="S1", control_number=1)
    orders.connection.close()
    for table in ("order_events", "order_lines", "order_files"):
        level(primary, standby, f"select count(*) from replenishment.{table}")
    with psycopg.connect(standby.pipeline, autocommit=True) as connection:

        def send():
            at = datetime.now(UTC)
            return sending.send(connection, Profiles(tmp_path / "profiles"), tmp_path / "outbox", "ann", at).files

        early = (
            send,
            lambda: sending.resend(connection, tmp_path / "outbox", "S1", 1, "lost", "ann", datetime.now(UTC)),
            lambda: following.end(connection, "CANCELLED", second, None, "wrong", "ann", datetime.now(UTC)),
        )
        for act in early:
            with pytest.raises(ProtectedError, match="this is a standby"):
                act()
        with pytest.raises(psycopg.Error, match="this is a standby"):
            connection.execute(
                "insert into replenishment.order_events (purchase_order_number, sequence_number, event_type_code,"
                " reason, event_at, actor) values (%s, 9, 'CLOSED', 'by hand', now(), 'ann')",
                [first],
            )
        assert not (tmp_path / "outbox").exists()
        cut_off(server, standby, STORES)
        # The primary may have sent more that did not come with the mirror.
        (file,) = send()
        assert (file.numbers, file.control_number) == ([second], 1001)
        Orders(standby.owner).connection.close()
        planner = Planner(standby.pipeline)
        for number in (1, 2):
            planner.propose(number, 4, garage_code=f"G{number}", part_id=orders.p1)
            planner.decide("APPROVE", number)
            building.build(connection, "of the standby")
        planner.connection.close()
        (file,) = send()
        assert file.numbers == [f"PO{int(second[2:]) + more:08d}" for more in (1000, 1001)]
        assert file.control_number == 1002
        assert connection.execute("select * from audit.breaches()").fetchall() == []


def test_without_a_word_from_anybody_leases_end_by_themselves_after_failover(regions, server):
    """Fault 29: leases are absolute moments, so the region that takes over sees them end."""
    primary, standby = regions
    held = lease_three(primary, timedelta(seconds=3))
    level(primary, standby, LEASES)
    level(primary, standby, "select count(*) from replenishment.orders_made")
    cut_off(server, standby, STORES)
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
