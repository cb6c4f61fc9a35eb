"""How far the standby is behind, per store."""

from __future__ import annotations

import time

import psycopg

from deploy.replication.subscriptions import STORES
from ingest.errors import UnreachableError

# Read on the primary: what each slot still has to send, and since when the standby has confirmed nothing more.
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
            when not slots.active then coalesce(extract(epoch from clock_timestamp() - slots.inactive_since), 0)
            when slots.confirmed_flush_lsn >= pg_current_wal_flush_lsn() then 0
            -- replay_lag is measured at the last confirmation, so within a long one it stands still.
            else greatest(
                extract(epoch from senders.replay_lag), extract(epoch from clock_timestamp() - senders.reply_time), 0
            )
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
# A changed or deleted row that the standby does not have is passed over with no more than a count.
CONFLICTS = """
    select
        subname,
        confl_insert_exists + confl_update_origin_differs + confl_update_exists + confl_update_missing
            + confl_delete_origin_differs + confl_delete_missing + confl_multiple_unique_conflicts
    from pg_stat_subscription_stats
    where subname like 'sub\\_%'
"""


def lag(primary_url: str, standby_url: str) -> dict[str, dict]:
    """Store → ``seconds``, ``bytes`` and ``state``: streaming, copying, stopped, lost or missing.

    ``seconds`` is 0 for a level standby, the time since it last confirmed something while it is behind, and the
    time since it was last heard of while it is stopped. The primary's URL is the replication role's, which may
    see the senders.
    """
    with psycopg.connect(primary_url) as primary:
        sent = {name: rest for name, *rest in primary.execute(SENT, [[f"sub_{store}" for store in STORES]])}
    with psycopg.connect(standby_url) as standby:
        copying = dict(standby.execute(COPYING).fetchall())
    return {store: _one(sent.get(f"sub_{store}"), f"sub_{store}" in copying) for store in STORES}


def conflicts(standby_url: str) -> dict[str, int]:
    """Store → conflicts that its apply worker has met so far; a store without any is left out."""
    with psycopg.connect(standby_url) as standby:
        rows = standby.execute(CONFLICTS).fetchall()
    return {name.removeprefix("sub_"): count for name, count in rows if count}


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
