"""Reservations: many in one batch beside one by one, and single ones beside pgbench's simple update."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from ingest.audit import seal
from orchestration.benchmarks.ledgers_pgbench import BARE, KEEPING, ONE_BY_ONE_TABLES, Pgbench
from orchestration.benchmarks.ledgers_rows import expect, request, stock, without_audit
from orchestration.benchmarks.server import Server

Tell = Callable[[str, float], None]
# Of a request of two units on average: a few in a hundred cells run short when each is asked for five times.
_UNITS = 20
_PLENTY = 100_000
_SCALE = 10


@dataclass
class Batch:
    """Seconds of every repeat; ``allocation`` is the part in which units are given out; ``bare``
    keeps a line of each reservation and no history. ``where`` says which
    function took how many seconds itself, of the last repeat."""

    seconds: list[float] = field(default_factory=list)
    allocation: list[float] = field(default_factory=list)
    one_by_one_per_second: list[float] = field(default_factory=list)
    bare_per_second: list[float] = field(default_factory=list)
    reserved_count: int = 0
    waiting_count: int = 0
    where: dict[str, float] = field(default_factory=dict)


@dataclass
class Single:
    """Transactions a second of every repeat. ``where`` says which function took how many milliseconds itself,
    of one reservation by one client. Writers seal what they enter; ``left_count`` audit entries were not sealed when
    all were done, and sealing them took ``seal_seconds``."""

    simple_update: list[float] = field(default_factory=list)
    audited: list[float] = field(default_factory=list)
    unaudited: list[float] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)
    left_count: int = 0
    seal_seconds: float = 0
    where: dict[str, float] = field(default_factory=dict)


def measure_batch(
    server: Server,
    programs: Path | None,
    request_count: int,
    cell_count: int,
    sample_count: int,
    repeat_count: int,
    tell: Tell,
) -> Batch:
    """All requests stored as events and allocated in one statement, committed; then a sample of them one by one."""
    batch = Batch()
    for number in range(1, repeat_count + 1):
        with server.database() as database, psycopg.connect(database.owner, autocommit=True) as owner:
            _time_functions(server, database)
            stock(owner, cell_count, _UNITS)
            with psycopg.connect(database.pipeline, autocommit=True) as pipeline:
                server.settle()
                batch.seconds.append(request(pipeline, request_count, cell_count))
                pipeline.execute("select pg_stat_force_next_flush()")
            tell(f"{number}: {request_count:,} requests in one batch", batch.seconds[-1])
            _look_at(owner, batch, request_count)
            owner.execute(ONE_BY_ONE_TABLES)
            for words, kept, script in (
                ("one by one", batch.one_by_one_per_second, KEEPING),
                ("one by one, keeping no history", batch.bare_per_second, BARE),
            ):
                server.settle()
                rate = Pgbench(programs, database.owner).one_by_one(script, sample_count, cell_count)
                kept.append(rate.per_second)
                tell(f"{number}: {sample_count:,} requests {words}", rate.transaction_count / rate.per_second)
    return batch


def _look_at(owner: psycopg.Connection, batch: Batch, request_count: int) -> None:
    expect(owner, "requests that became reservations", "select count(*) from reservation.states", request_count)
    expect(
        owner,
        "cells that carry other quantities than their pegs",
        "select count(*) from garage_inventory.cells full join (select garage_code, part_id, sum(quantity) as quantity"
        " from reservation.pegs group by garage_code, part_id) as pegged using (garage_code, part_id)"
        " where cells.reserved_quantity <> coalesce(pegged.quantity, 0)"
        " or cells.reserved_quantity > cells.sellable_quantity",
        0,
    )
    batch.reserved_count, batch.waiting_count = owner.execute(
        "select count(*) filter (where backordered_quantity = 0), count(*) filter (where backordered_quantity > 0)"
        " from reservation.states"
    ).fetchone()
    spent = _spent(owner)
    batch.allocation.append(spent["reservation.fold_events"][1])
    batch.where = {name: round(own, 3) for name, (own, _) in spent.items() if own >= 0.001}


def measure_single(
    server: Server, programs: Path | None, cell_count: int, clients: int, seconds: int, repeat_count: int, tell: Tell
) -> Single:
    """pgbench's simple update and ``reservation.reserve``, with and without audit, in turn, by the same clients."""
    single = Single()
    with (
        server.database() as database,
        psycopg.connect(database.owner, autocommit=True) as owner,
        psycopg.connect(database.superuser, autocommit=True) as superuser,
    ):
        began = time.perf_counter()
        stock(owner, cell_count, _PLENTY)
        simple = Pgbench(programs, database.owner)
        simple.make_tables(_SCALE)
        reserving = Pgbench(programs, database.pipeline)
        owner.execute("analyze")
        tell(f"{cell_count:,} cells, {_SCALE * 100_000:,} accounts", time.perf_counter() - began)
        done = audited = 0
        for number in range(1, repeat_count + 1):
            server.settle()
            single.simple_update.append(simple.simple_update(clients, seconds).per_second)
            tell(f"{number}: simple update, {single.simple_update[-1]:,.0f} a second", seconds)
            turns = [
                ("with audit", single.audited, nullcontext()),
                ("without audit", single.unaudited, without_audit(superuser)),
            ]
            # Tables grow from turn to turn: neither side is always the later one.
            for words, kept, context in turns if number % 2 else reversed(turns):
                server.settle()
                with context:
                    rate = reserving.reserve(clients, seconds, cell_count, 2 * number + (kept is single.unaudited))
                kept.append(rate.per_second)
                done += rate.transaction_count
                if kept is single.audited:
                    audited += rate.transaction_count
                    single.latency_ms.append(rate.latency_ms)
                tell(f"{number}: reserve {words}, {rate.per_second:,.0f} a second", seconds)
        expect(owner, "reservations", "select count(*) from reservation.states where reserved_quantity = 1", done)
        _seal_the_rest(owner, single, audited)
        single.where = _profile(server, database, programs, cell_count)
    return single


def _seal_the_rest(owner: psycopg.Connection, single: Single, audited_count: int) -> None:
    """Every audited reservation has its entry, and all that are left are sealed without a breach."""
    began = time.perf_counter()
    single.left_count = seal(owner)
    single.seal_seconds = time.perf_counter() - began
    expect(
        owner,
        "reservations with a sealed audit entry",
        "select count(distinct number) from audit.seals cross join unnest(reservation_numbers) as number",
        audited_count,
    )
    expect(owner, "breaches of the audit", "select count(*) from audit.breaches()", 0)
    expect(owner, "breaches of its seals", "select count(*) from audit.seal_breaches()", 0)
    expect(owner, "entries that are not of their events", "select count(*) from audit.entry_breaches()", 0)


def _profile(server: Server, database: Server, programs: Path | None, cell_count: int) -> dict[str, float]:
    _time_functions(server, database)
    Pgbench(programs, database.pipeline).reserve(1, 1, cell_count, 0)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        count = owner.execute(
            "select calls from pg_stat_user_functions where schemaname = 'reservation' and funcname = 'reserve'"
        ).fetchone()[0]
        return {name: round(own * 1000 / count, 4) for name, (own, _) in _spent(owner).items()}


def _time_functions(server: Server, database: Server) -> None:
    """Let the database count what its functions take, for sessions that begin from now on."""
    name = conninfo.conninfo_to_dict(database.owner)["dbname"]
    with psycopg.connect(server.admin, autocommit=True) as admin:
        admin.execute(sql.SQL("alter database {} set track_functions = 'pl'").format(sql.Identifier(name)))


def _spent(connection: psycopg.Connection) -> dict[str, tuple[float, float]]:
    """Function → seconds in itself, and with all that it calls; the longest first."""
    rows = connection.execute(
        "select schemaname || '.' || funcname, self_time / 1000, total_time / 1000 from pg_stat_user_functions"
        " order by self_time desc"
    )
    return {name: (own, whole) for name, own, whole in rows}
