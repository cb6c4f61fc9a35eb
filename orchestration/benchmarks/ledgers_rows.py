"""What the ledgers are filled with for measuring: seeded cells, movements and requests, in one statement each.

Cell n is garage ``G<n mod 20>`` and part ``md5('part <n div 20>')``, condition NEW, no lot.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from ingest.errors import PartsbayError

GARAGE_COUNT = 20


class WrongError(PartsbayError):
    """What was measured did not do its work, so that its time means nothing."""


_CELL = "'G' || cell %% 20, md5('part ' || cell / 20)::uuid"
_CHANCE = "(hashint8extended(number, {}) & 9223372036854775807)"
_MOVEMENTS = f"""
    insert into garage_inventory.movements (garage_code, part_id, condition_code, movement_type_code, quantity,
        reason_code, document_number, document_line, event_at, source_code, batch_id, line_number, idempotency_key,
        actor)
    select {_CELL}, 'NEW', 'RECEIPT', {{}}, 'RECEIPT', 'D' || number / 1000, number %% 1000,
        timestamptz '2026-01-01Z' + number %% 1000000 * interval '10 seconds', 'bench', %(batch)s, number,
        sha256(int8send(number)), 'bench'
    from (select number, {{}} as cell from generate_series(%(first)s::bigint, %(last)s::bigint) as number) as numbers
"""
_STOCK = _MOVEMENTS.format("%(quantity)s", "number")
_MIXED = _MOVEMENTS.format(
    f"case when number %% 3 = 2 then -1 - {_CHANCE.format(2)} %% 2 else 2 + {_CHANCE.format(2)} %% 4 end",
    f"{_CHANCE.format(1)} %% %(cells)s",
)
_REQUESTS = f"""
    insert into reservation.events (reservation_number, sequence_number, event_type_code, garage_code, part_id,
        quantity, work_order_number, work_order_line, priority, need_by_at, event_at, source_code, batch_id,
        line_number, idempotency_key, payload_hash, actor)
    select 'B' || number, 1, 'REQUESTED', {_CELL}, 1 + {_CHANCE.format(2)} %% 3, 'W' || number, '1',
        1 + {_CHANCE.format(3)} %% 9, timestamptz '2026-03-01Z' + {_CHANCE.format(4)} %% 28 * interval '1 day',
        timestamptz '2026-02-01Z' + number * interval '1 second', 'bench', %(batch)s, number, key, key, 'bench'
    from (
        select number, {_CHANCE.format(1)} %% %(cells)s as cell, sha256(convert_to('request ' || number, 'UTF8')) as key
        from generate_series(1, %(requests)s::bigint) as number
    ) as numbers
"""
_BATCH = "00000000-0000-7000-8000-000000000001"


def timed(connection: psycopg.Connection, statement: str, given: dict | None = None) -> float:
    """Seconds of one statement; of its commit too where the connection commits by itself."""
    began = time.perf_counter()
    connection.execute(statement, given)
    return time.perf_counter() - began


def stock(connection: psycopg.Connection, cell_count: int, quantity: int) -> None:
    """As many units in each of the cells 0 to ``cell_count`` - 1, by one movement each."""
    connection.execute(
        _STOCK, {"batch": _BATCH, "first": 0, "last": cell_count - 1, "quantity": quantity}, prepare=False
    )


def move(connection: psycopg.Connection, first: int, count: int, cell_count: int) -> float:
    """Seconds of storing that many movements from number ``first`` on, over cells at random, mostly receipts."""
    given = {"batch": _BATCH, "first": first, "last": first + count - 1, "cells": cell_count}
    return timed(connection, _MIXED, given)


def request(connection: psycopg.Connection, count: int, cell_count: int) -> float:
    """Seconds of storing that many requests of one to three units over cells at random, in one statement."""
    return timed(connection, _REQUESTS, {"batch": _BATCH, "requests": count, "cells": cell_count})


def expect(connection: psycopg.Connection, words: str, question: str, expected: int) -> None:
    """Refuse to go on where the answer is another one."""
    found = connection.execute(question).fetchone()[0]
    if found != expected:
        raise WrongError(
            "BENCH_WRONG", f"{words}: {found} instead of {expected}.", "Run partsbay verify; then tell us."
        )


# What reservation.reserve does for the audit: the hashes that it takes, and the entry that it writes.
_AUDIT_OF_RESERVE = (
    r"\n +returning hash_record_extended\(events, 0\) as hash",
    r",\n\n +entered as \(.*?\n    \)(?=\n\n)",
)


@contextmanager
def without_audit(superuser: psycopg.Connection) -> Iterator[None]:
    """Meanwhile no change of a store leaves a record. Only for databases that are thrown away."""
    triggers = superuser.execute(
        "select relname, nspname, tgname from pg_trigger inner join pg_class on pg_class.oid = tgrelid"
        " inner join pg_namespace on pg_namespace.oid = relnamespace where tgfoid = 'audit.record_change'::regproc"
    ).fetchall()
    reserve = superuser.execute("select pg_get_functiondef('reservation.reserve'::regproc)").fetchone()[0]
    try:
        _switch(superuser, triggers, "disable")
        superuser.execute(_unaudited(reserve))
        yield
    finally:
        superuser.execute(reserve)
        _switch(superuser, triggers, "enable")


def _unaudited(definition: str) -> str:
    for part in _AUDIT_OF_RESERVE:
        definition, count = re.subn(part, "", definition, flags=re.DOTALL)
        if count != 1:
            raise WrongError("BENCH_WRONG", f"reservation.reserve has {count} times: {part}", "Tell us.")
    return definition


def _switch(superuser: psycopg.Connection, triggers: list[tuple[str, str, str]], word: str) -> None:
    for table, schema, trigger in triggers:
        superuser.execute(
            sql.SQL("alter table {} {} trigger {}").format(
                sql.Identifier(schema, table), sql.SQL(word), sql.Identifier(trigger)
            )
        )


@contextmanager
def bare(owner: psycopg.Connection, schema: str, table: str) -> Iterator[None]:
    """Meanwhile the table has neither triggers nor indexes; they are made again afterwards, over all its rows."""
    name = sql.Identifier(schema, table)
    relation = {"relation": f"{schema}.{table}"}
    keys = owner.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid = %(relation)s::regclass and contype in ('p', 'u')",
        relation,
    ).fetchall()
    indexes = owner.execute(
        "select pg_get_indexdef(indexrelid), relname from pg_index inner join pg_class on pg_class.oid = indexrelid"
        " where indrelid = %(relation)s::regclass"
        " and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))",
        relation,
    ).fetchall()
    owner.execute(sql.SQL("alter table {} disable trigger user").format(name))
    for key, _ in keys:
        owner.execute(sql.SQL("alter table {} drop constraint {}").format(name, sql.Identifier(key)))
    for _, index in indexes:
        owner.execute(sql.SQL("drop index {}").format(sql.Identifier(schema, index)))
    yield
    for key, definition in keys:
        owner.execute(
            sql.SQL("alter table {} add constraint {} {}").format(name, sql.Identifier(key), sql.SQL(definition))
        )
    for definition, _ in indexes:
        owner.execute(definition)
    owner.execute(sql.SQL("alter table {} enable trigger user").format(name))
