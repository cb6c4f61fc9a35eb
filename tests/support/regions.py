"""A standby that subscribes to stores of a primary, both databases of the one server of the tests."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import conninfo, sql

from tests.conftest import Database, Server


@contextmanager
def subscribed(server: Server, primary: Database, standby: Database, stores: Sequence[str]) -> Iterator[None]:
    """Meanwhile the standby has what the primary has of these stores, once all was copied."""
    url = conninfo.make_conninfo(server.url(primary.name))
    with (
        psycopg.connect(server.url(primary.name), autocommit=True) as publisher,
        psycopg.connect(server.url(standby.name), autocommit=True) as subscriber,
    ):
        for store in stores:
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
            yield
        finally:
            for store in stores:
                subscriber.execute(f"alter subscription sub_{store} disable")
                subscriber.execute(f"alter subscription sub_{store} set (slot_name = none)")
                subscriber.execute(f"drop subscription sub_{store}")
                _drop_slot(publisher, f"{standby.name}_{store}")


def _wait_for_copies(subscriber: psycopg.Connection) -> None:
    """Until every table is copied, tables of one subscription are not of one moment."""
    deadline = time.monotonic() + 60
    query = "select count(*) from pg_subscription_rel where srsubstate <> 'r'"
    while subscriber.execute(query).fetchone() != (0,):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _drop_slot(publisher: psycopg.Connection, name: str) -> None:
    for _ in range(200):
        if not publisher.execute("select active from pg_replication_slots where slot_name = %s", (name,)).fetchone()[0]:
            break
        time.sleep(0.05)
    publisher.execute("select pg_drop_replication_slot(%s)", (name,))


def level(primary: Database, standby: Database, query: str) -> None:
    """Wait until both regions answer the same, not nothing."""
    deadline = time.monotonic() + 30
    with psycopg.connect(primary.pipeline) as here:
        wanted = here.execute(query).fetchall()
    with psycopg.connect(standby.pipeline, autocommit=True) as there:
        while (found := there.execute(query).fetchall()) != wanted:
            assert time.monotonic() < deadline, f"{found} is not {wanted}"
            time.sleep(0.05)


def cut_off(server: Server, standby: Database, stores: Sequence[str]) -> None:
    """The primary is gone for good: nothing of it arrives any more, and the standby is written to."""
    with psycopg.connect(server.url(standby.name), autocommit=True) as connection:
        for store in stores:
            connection.execute(f"alter subscription sub_{store} disable")
