"""Large ledgers: what a fold of new movements costs beside a rebuild, and what the audit adds to a load."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import psycopg

from orchestration.benchmarks.ledgers_rows import bare, expect, move, timed, without_audit
from orchestration.benchmarks.server import Server

Tell = Callable[[str, float], None]
_READ = (
    "explain (analyze, format json) select * from garage_inventory.availability"
    " where garage_code = 'G' || %(cell)s %% 20 and part_id = md5('part ' || %(cell)s / 20)::uuid"
)
_READ_COUNT = 200


@dataclass
class Folded:
    """Seconds of every repeat; ``read_ms`` is the server's time for one position, of many."""

    rebuild_seconds: list[float] = field(default_factory=list)
    plain_seconds: list[float] = field(default_factory=list)
    folded_seconds: list[float] = field(default_factory=list)
    committed_seconds: list[float] = field(default_factory=list)
    read_ms: list[float] = field(default_factory=list)


def measure_folds(server: Server, movement_count: int, cell_count: int, repeat_count: int, tell: Tell) -> Folded:
    """Rebuild all cells of a large ledger, then add one hundredth of it, with and without folding, and read cells.

    Insert and commit are timed one by one; the insert without a fold is rolled back.
    """
    folded = Folded()
    added_count = movement_count // 100
    with (
        server.database() as database,
        psycopg.connect(database.owner, autocommit=True) as owner,
        psycopg.connect(database.superuser, autocommit=True) as superuser,
    ):
        began = time.perf_counter()
        with bare(owner, "garage_inventory", "movements"):
            move(owner, 0, movement_count, cell_count)
        superuser.execute("vacuum (freeze, analyze) garage_inventory.movements")
        tell(f"{movement_count:,} movements of {cell_count:,} cells stored", time.perf_counter() - began)
        for number in range(1, repeat_count + 1):
            owner.execute("truncate garage_inventory.cells")
            server.settle()
            folded.rebuild_seconds.append(timed(owner, "select garage_inventory.rebuild()"))
            tell(f"{number}: full rebuild", folded.rebuild_seconds[-1])
        superuser.execute("vacuum (analyze) garage_inventory.cells")
        for number in range(1, repeat_count + 1):
            _add(server, owner, movement_count + (number - 1) * added_count, added_count, cell_count, folded)
            tell(f"{number}: {added_count:,} more, folded and committed", folded.committed_seconds[-1])
        folded.read_ms = [_read_ms(owner, number * 7919 % cell_count) for number in range(_READ_COUNT)]
        tell(f"{_READ_COUNT} positions read", sum(folded.read_ms) / 1000)
        expect(
            owner,
            "cells that are not what their movements add up to",
            "select count(*) from garage_inventory.cell_folds full join garage_inventory.cells"
            " using (garage_code, part_id, condition_code, lot_number)"
            " where cell_folds.on_hand_quantity is distinct from cells.on_hand_quantity",
            0,
        )
    return folded


def _add(server: Server, owner: psycopg.Connection, first: int, count: int, cell_count: int, folded: Folded) -> None:
    server.settle()
    owner.execute("begin")
    owner.execute("alter table garage_inventory.movements disable trigger fold")
    folded.plain_seconds.append(move(owner, first, count, cell_count))
    owner.execute("rollback")
    server.settle()
    owner.execute("begin")
    folded.folded_seconds.append(move(owner, first, count, cell_count))
    folded.committed_seconds.append(folded.folded_seconds[-1] + timed(owner, "commit"))


def _read_ms(connection: psycopg.Connection, cell: int) -> float:
    plan = connection.execute(_READ, {"cell": cell}).fetchone()[0][0]
    return plan["Execution Time"]


def measure_audit_of_load(
    server: Server, movement_count: int, cell_count: int, repeat_count: int, tell: Tell
) -> tuple[list[float], list[float]]:
    """Seconds of a load of movements in one statement, committed: with the audit's triggers, and without."""
    audited: list[float] = []
    bare_seconds: list[float] = []
    for number in range(1, repeat_count + 1):
        with server.database() as database, psycopg.connect(database.owner, autocommit=True) as owner:
            server.settle()
            audited.append(move(owner, 0, movement_count, cell_count))
            tell(f"{number}: {movement_count:,} movements, folded, with audit", audited[-1])
        with (
            server.database() as database,
            psycopg.connect(database.owner, autocommit=True) as owner,
            psycopg.connect(database.superuser, autocommit=True) as superuser,
        ):
            server.settle()
            with without_audit(superuser):
                bare_seconds.append(move(owner, 0, movement_count, cell_count))
            tell(f"{number}: {movement_count:,} movements, folded, without audit", bare_seconds[-1])
    return audited, bare_seconds


def fold_seconds(folded: Folded) -> float:
    """Median of what folding adds to the insert of the same movements."""
    return median(one - other for one, other in zip(folded.folded_seconds, folded.plain_seconds, strict=True))
