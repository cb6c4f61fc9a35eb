"""Subscribe the standby to every store of the primary, and keep it so."""

from __future__ import annotations

import time
from hashlib import sha256

import psycopg
from psycopg import sql

from ingest.errors import ProtectedError

STORES = (
    "catalogue",
    "supplier_feed",
    "garage_inventory",
    "reservation",
    "replenishment",
    "quality_hold",
    "audit",
    "ingest",
    "serving",
)
# A writer may wait for these two, and then only what the standby has on disk counts as received.
DURABLE = ("reservation", "audit")

TABLES = """
    select tables.pubname, tables.schemaname || '.' || tables.tablename
    from pg_publication_tables as tables
    where tables.pubname like 'pub\\_%'
"""


def subscribe(publisher: str, subscriber: str, connection: str, rebuild: bool = False) -> list[str]:
    """Make every subscription what it should be and return, in words, what had to be changed.

    ``publisher`` is the primary's URL for the replication role, ``subscriber`` the standby's for the owner,
    ``connection`` the primary's URL as the standby's server reaches it. A subscription whose slot is gone is
    never repaired by itself, as the primary may be the one that lost its data: that takes ``rebuild``.
    """
    with (
        psycopg.connect(publisher, autocommit=True) as primary,
        psycopg.connect(subscriber, autocommit=True) as standby,
    ):
        _keep_passwords_out_of_the_log(standby)
        slots = _slots(primary)
        published = _published(primary)
        there = _subscriptions(standby)
        changes = []
        for store in STORES:
            tables = published.get(f"pub_{store}", set())
            if rebuild or store not in there:
                changes += _create(primary, standby, store, connection, tables, slots, rebuild, store in there)
            else:
                changes += _repair(standby, store, connection, tables, slots, there[store])
        _wait_for_workers(primary, standby)
        return _summed(changes)


def _wait_for_workers(primary, standby, patience_seconds: float = 10.0) -> None:
    """Give the apply workers a moment to connect; one that does not shows as stopped in the lag.

    When several workers end at once, as they do when the primary goes, the standby's launcher can miss some of
    it and sleep for three minutes. Enabling what is enabled wakes it.
    """
    names = [f"sub_{store}" for store in STORES]
    query = "select slot_name from pg_replication_slots where active and slot_name = any(%s)"
    began = woken = time.monotonic()
    while time.monotonic() - began < patience_seconds:
        idle = set(names) - {row[0] for row in primary.execute(query, [names])}
        if not idle:
            return
        if time.monotonic() - woken > 1.0:
            standby.execute(sql.SQL("alter subscription {} enable").format(sql.Identifier(min(idle))))
            woken = time.monotonic()
        time.sleep(0.05)


def _create(primary, standby, store, connection, tables, slots, rebuild, exists) -> list[str]:
    name = f"sub_{store}"
    if exists:
        _drop(standby, name)
    held = [table for table in sorted(tables) if _has_rows(standby, table)]
    if held and not rebuild:
        raise ProtectedError(
            "standby_not_empty",
            f"The standby has rows in {', '.join(held)} but no subscription {name} that brought them.",
            "If the primary is right, run partsbay up --rebuild-standby; it empties and copies the standby anew.",
        )
    if held:
        names = sql.SQL(", ").join(sql.Identifier(*table.split(".")) for table in sorted(tables))
        standby.execute(sql.SQL("truncate {}").format(names))
    if name in slots:
        _drop_slot(primary, name)
    standby.execute(
        sql.SQL(
            "create subscription {} connection {} publication {} with (copy_data = true, slot_name = {}, "
            "synchronous_commit = {}, streaming = parallel, origin = none, failover = true, "
            "disable_on_error = false, run_as_owner = false, password_required = true)"
        ).format(
            sql.Identifier(name),
            sql.Literal(connection),
            sql.Identifier(f"pub_{store}"),
            sql.Literal(name),
            sql.Literal("local" if store in DURABLE else "off"),
        )
    )
    _remember(standby, name, connection)
    return ["rebuilt" if exists else "subscribed"]


def _repair(standby, store, connection, tables, slots, known) -> list[str]:
    name, changes = f"sub_{store}", []
    if slots.get(name, "lost") == "lost":
        raise ProtectedError(
            "standby_cut_off",
            f"The primary no longer keeps what {name} has not received; the standby cannot catch up by itself.",
            "If the primary is right, run partsbay up --rebuild-standby; it empties and copies the standby anew.",
        )
    if known["mark"] != _mark(connection):
        standby.execute(
            sql.SQL("alter subscription {} connection {}").format(sql.Identifier(name), sql.Literal(connection))
        )
        # A worker may hang at the old address, where another program may have taken its call.
        standby.execute(
            "select pg_terminate_backend(pid) from pg_stat_subscription where subname = %s and pid is not null", [name]
        )
        _remember(standby, name, connection)
        changes.append("connection changed")
    if not known["enabled"]:
        standby.execute(sql.SQL("alter subscription {} enable").format(sql.Identifier(name)))
        changes.append("enabled")
    if known["tables"] != tables:
        # A table that joins a publication is silently left out until the subscription is refreshed.
        standby.execute(sql.SQL("alter subscription {} refresh publication").format(sql.Identifier(name)))
        changes.append("refreshed")
    return changes


def _drop(standby, name: str) -> None:
    """Drop a subscription without asking the primary, which may be gone; its slot is dropped apart."""
    identifier = sql.Identifier(name)
    standby.execute(sql.SQL("alter subscription {} disable").format(identifier))
    standby.execute(sql.SQL("alter subscription {} set (slot_name = none)").format(identifier))
    standby.execute(sql.SQL("drop subscription {}").format(identifier))


def _drop_slot(primary, name: str, patience_seconds: float = 15.0) -> None:
    """Drop a slot of a subscription that is no more; its sender may need a moment to notice."""
    deadline = time.monotonic() + patience_seconds
    query = "select active_pid from pg_replication_slots where slot_name = %s"
    while (sender := primary.execute(query, [name]).fetchone()) and sender[0] and time.monotonic() < deadline:
        primary.execute("select pg_terminate_backend(%s)", [sender[0]])
        time.sleep(0.05)
    primary.execute("select pg_drop_replication_slot(%s)", [name])


def _has_rows(standby, table: str) -> bool:
    query = sql.SQL("select exists (select from {})").format(sql.Identifier(*table.split(".")))
    return standby.execute(query).fetchone()[0]


def _slots(primary) -> dict[str, str]:
    rows = primary.execute(
        """
        select slot_name, coalesce(wal_status, 'reserved')
        from pg_replication_slots
        where database = current_database()
        """
    )
    return dict(rows.fetchall())


def _published(primary) -> dict[str, set[str]]:
    published: dict[str, set[str]] = {}
    for publication, table in primary.execute(TABLES):
        published.setdefault(publication, set()).add(table)
    return published


def _subscriptions(standby) -> dict[str, dict]:
    rows = standby.execute(
        """
        select
            subscriptions.subname,
            subscriptions.subenabled,
            obj_description(subscriptions.oid, 'pg_subscription'),
            array(
                select relations.srrelid::regclass::text
                from pg_subscription_rel as relations
                where relations.srsubid = subscriptions.oid
            )
        from pg_subscription as subscriptions
        join pg_database as databases on databases.oid = subscriptions.subdbid
        where databases.datname = current_database() and subscriptions.subname like 'sub\\_%'
        """
    )
    return {
        name.removeprefix("sub_"): {"enabled": enabled, "mark": mark, "tables": set(tables)}
        for name, enabled, mark, tables in rows
    }


def _keep_passwords_out_of_the_log(standby) -> None:
    for setting, value in (
        ("log_statement", "none"),
        ("log_min_error_statement", "panic"),
        ("log_min_duration_statement", "-1"),
    ):
        # The roles file grants this; on a server without it the log is its administrator's to guard.
        standby.execute(
            "select set_config(%(name)s, %(value)s, false) where has_parameter_privilege(%(name)s, 'SET')",
            {"name": setting, "value": value},
        )


def _remember(standby, name: str, connection: str) -> None:
    """Note which connection a subscription has: the catalogue shows it to superusers only."""
    standby.execute(
        sql.SQL("comment on subscription {} is {}").format(sql.Identifier(name), sql.Literal(_mark(connection)))
    )


def _mark(connection: str) -> str:
    return "connection " + sha256(connection.encode()).hexdigest()[:16]


def _summed(changes: list[str]) -> list[str]:
    """``subscribed (9)`` instead of nine times the word."""
    return [f"{word} ({changes.count(word)})" for word in dict.fromkeys(changes)]
