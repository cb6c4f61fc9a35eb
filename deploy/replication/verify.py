"""Whether what is served is what the ledgers come to, the standby holds the same rows, and the audit is whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.replication.lag import wait_caught_up
from deploy.replication.subscriptions import TABLES
from ingest.audit_proof import Breach, breaches, chain_breaches
from ingest.ledger_checks import breaches as ledger_breaches

# A table that is written all the time can differ at any one look; only one that differs at each is a breach.
LOOKS = 3
UNREADY = """
    select relations.srrelid::regclass::text
    from pg_subscription_rel as relations
    join pg_subscription as subscriptions on subscriptions.oid = relations.srsubid
    where subscriptions.subname like 'sub\\_%'
"""


def verify(
    primary: str, standby: str, timeout: float = 60.0, anchors: Path | None = None, key: bytes | None = None
) -> list[dict]:
    """Fold the ledgers again, compare every published table on both sides, check the audit; return the breaches.

    Both URLs are the pipeline's. Waits first until the standby has what the primary has committed. Each breach
    says ``check``, ``region``, ``relation`` and ``message``; a differing table also gives both counts and hashes.
    Of the ledgers each also says ``key``, ``expected`` and ``found``.
    ``anchors`` is a folder of files that saw the audit chains of the primary, ``key`` what signed them.
    """
    missing = _not_subscribed(primary, standby)
    # A table that is not subscribed was named above, once.
    suspects = sorted(_published(primary) - {breach["relation"] for breach in missing})
    differing: list[dict] = []
    for _ in range(LOOKS):
        wait_caught_up(primary, standby, timeout)
        differing = _differences(primary, standby, suspects)
        suspects = [breach["relation"] for breach in differing]
        if not suspects:
            break
    return _ledger_breaches(primary) + missing + differing + _audit_breaches(primary, standby, anchors, key)


def contents(url: str, tables: list[str]) -> dict[str, dict | None]:
    """Table → ``rows`` and ``hash``, the same for the same rows in any order; None for a table that is not there."""
    with psycopg.connect(url) as connection:
        # One moment for all tables, and one spelling for times and floats, whatever the server's settings.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("set local timezone = 'UTC'")
        connection.execute("set local datestyle = 'ISO'")
        connection.execute("set local extra_float_digits = 1")
        return {table: _content(connection, table) for table in tables}


def _content(connection: psycopg.Connection, table: str) -> dict | None:
    rows = connection.execute(
        """
        select attname
        from pg_attribute
        where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
        order by attname
        """,
        [table],
    ).fetchall()
    if not rows:
        return None
    columns = sql.SQL(", ").join(sql.Identifier(row[0]) for row in rows)
    # Sums do not depend on the order of rows, and unlike exclusive-or they notice a row that is there twice.
    count, first, second = connection.execute(
        sql.SQL(
            "select count(*), coalesce(sum(hashtextextended(line, 0)::numeric), 0), "
            "coalesce(sum(hashtextextended(line, 1)::numeric), 0) "
            "from (select row({})::text as line from {}) as lines"
        ).format(columns, sql.Identifier(*table.split(".")))
    ).fetchone()
    return {"rows": count, "hash": f"{int(first) % 2**64:016x}{int(second) % 2**64:016x}"}


def _differences(primary: str, standby: str, tables: list[str]) -> list[dict]:
    with ThreadPoolExecutor(2) as pool:
        here, there = pool.map(lambda url: contents(url, tables), (primary, standby))
    return [_difference(table, here[table], there[table]) for table in tables if here[table] != there[table]]


def _difference(table: str, here: dict, there: dict | None) -> dict:
    words = "is missing" if there is None else f"has {there['rows']} rows with hash {there['hash']}"
    return {
        "check": "replica",
        "region": "standby",
        "relation": table,
        "message": f"The primary's {table} has {here['rows']} rows with hash {here['hash']}; the standby's {words}.",
        "primary": here,
        "standby": there,
    }


def _published(primary: str) -> set[str]:
    with psycopg.connect(primary) as connection:
        return {table for _, table in connection.execute(TABLES)}


def _not_subscribed(primary: str, standby: str) -> list[dict]:
    with psycopg.connect(standby) as connection:
        subscribed = {row[0] for row in connection.execute(UNREADY)}
    return [
        {
            "check": "replica",
            "region": "standby",
            "relation": table,
            "message": f"{table} is published but the standby is not subscribed to it; partsbay up subscribes it.",
        }
        for table in sorted(_published(primary) - subscribed)
    ]


def _ledger_breaches(primary: str) -> list[dict]:
    with psycopg.connect(primary, autocommit=True) as connection:
        return [{"region": "primary", **breach} for breach in ledger_breaches(connection)]


def _audit_breaches(primary: str, standby: str, anchors: Path | None, key: bytes | None) -> list[dict]:
    """The standby's rows are compared with the primary's; of its audit the chains remain."""
    with psycopg.connect(primary) as here, psycopg.connect(standby) as there:
        found = [("primary", breach) for breach in breaches(here, anchors, key)]
        found += [("standby", breach) for breach in chain_breaches(there)]
    return [_as_dict(region, breach) for region, breach in found]


def _as_dict(region: str, breach: Breach) -> dict:
    said = {name: value for name, value in asdict(breach).items() if value is not None}
    return {"region": region, **said}
