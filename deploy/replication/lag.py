"""How far the standby is behind, per store."""

from __future__ import annotations

import time

import psycopg

from deploy.replication.subscriptions import STORES
from ingest.errors import UnreachableError

# Read on the primary: what each slot still has to send. replay_lag is empty once the standby is level.
SENT = """
    select
        slots.slot_name,
        case
            when slots.wal_status = 'lost' or slots.invalidation_reason is not null then 'lost'
            when not slots.active then 'stopped'
            else 'streaming'
        end,
        greatest(pg_current_wal_flush_lsn() - slots.confirmed_flush_lsn, 0)::bigint,
        case
            when slots.active then coalesce(extract(epoch from senders.replay_lag), 0)
            else coalesce(extract(epoch from now() - slots.inactive_since), 0)
        end::float
    from pg_replication_slots as slots
    left join pg_stat_replication as senders on senders.pid = slots.active_pid
    where slots.database = current_database() and slots.slot_name = any(%s)
"""
# Read on the standby: tables whose first copy is not done.
COPYING = """
    select subscriptions.subname, count(*)
    from pg_subscription as subscriptions
    join pg_database as databases on databases.oid = subscriptions.subdbid
    join pg_subscription_rel as relations on relations.srsubid = subscriptions.oid
    where databases.datname = current_database() and relations.srsubstate <> 'r'
    group by subscriptions.subname
"""


def lag(primary_url: str, standby_url: str) -> dict[str, dict]:
    """Store → ``seconds``, ``bytes`` and ``state``: streaming, copying, stopped, lost or missing.

    ``seconds`` is the delay last measured while streaming, and the time since the standby was last heard of
    while it is stopped. The primary's URL is the replication role's, which may see the senders.
    """
    with psycopg.connect(primary_url) as primary:
        sent = {name: rest for name, *rest in primary.execute(SENT, [[f"sub_{store}" for store in STORES]])}
    with psycopg.connect(standby_url) as standby:
        copying = dict(standby.execute(COPYING).fetchall())
    return {store: _one(sent.get(f"sub_{store}"), f"sub_{store}" in copying) for store in STORES}


def _one(sent: list | None, is_copying: bool) -> dict:
    if sent is None:
        return {"seconds": None, "bytes": None, "state": "missing"}
    state, behind, seconds = sent
    if state == "streaming" and is_copying:
        state = "copying"
    return {"seconds": round(seconds, 3), "bytes": behind, "state": state}


def wait_caught_up(primary_url: str, standby_url: str, timeout: float = 30.0) -> float:
    """Wait until the standby has everything that is committed on the primary now; return how long that took."""
    began = time.monotonic()
    names = [f"sub_{store}" for store in STORES]
    with psycopg.connect(primary_url, autocommit=True) as primary, psycopg.connect(standby_url) as standby:
        standby.autocommit = True
        goal = primary.execute("select pg_current_wal_flush_lsn()").fetchone()[0]
        while True:
            level = primary.execute(
                "select count(*) from pg_replication_slots where slot_name = any(%s) and confirmed_flush_lsn >= %s",
                [names, goal],
            ).fetchone()[0]
            if level == len(names) and not standby.execute(COPYING).fetchone():
                return time.monotonic() - began
            if time.monotonic() - began > timeout:
                raise UnreachableError(
                    "standby_behind",
                    f"After {timeout:.0f} s the standby has not received all that the primary committed: "
                    f"{level} of {len(names)} stores are level.",
                    "Run partsbay status, then partsbay doctor.",
                )
            time.sleep(0.05)
