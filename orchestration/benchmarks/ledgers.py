"""The ledgers and what they add up to, beside yardsticks, on a server of its own and in one run.

Batch: requests stored as events and allocated in one statement, from its start to its commit,
beside the same requests one by one: lock the cell, look, enter, count, commit, by one connection of
pgbench, which keeps the facts that we keep (events, state, peg, chained record) or, bare, a line of
each. Single: ``reservation.reserve`` beside pgbench's simple update, by the same clients of the
same program: many, which share the processors, and one alone, which waits for the disk. Folding: one
hundredth more movements, beside a rebuild from all of them. Audit: the same work with and without
its triggers. All on a durable server: fsync and synchronous commit on, no standby connected. What
counts is the median.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from orchestration.benchmarks.ledgers_folds import Folded, fold_seconds, measure_audit_of_load, measure_folds
from orchestration.benchmarks.ledgers_growth import measure_growth
from orchestration.benchmarks.ledgers_reservations import Batch, Single, measure_batch, measure_single
from orchestration.benchmarks.server import Server

Tell = Callable[[str, float], None]
SETTINGS = (
    "fsync",
    "synchronous_commit",
    "synchronous_standby_names",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
)


@dataclass(frozen=True)
class Sizes:
    """How much is measured, and how often. ``movement_count`` of 0 leaves the large ledger out."""

    request_count: int = 100_000
    cell_count: int = 20_000
    sample_count: int = 5_000
    client_count: int = 8
    second_count: int = 10
    movement_count: int = 10_000_000
    moved_cell_count: int = 200_000
    load_count: int = 1_000_000
    waiting_count: int = 10_000
    repeat_count: int = 3


QUICK = Sizes(2_000, 400, 200, 4, 1, 20_000, 1_000, 5_000, 200, 1)


@dataclass
class Measured:
    """What was measured of each part, and the settings of the server."""

    sizes: Sizes
    settings: dict[str, str] = field(default_factory=dict)
    batch: Batch = field(default_factory=Batch)
    single: Single = field(default_factory=Single)
    alone: Single = field(default_factory=Single)
    folded: Folded | None = None
    audited_load: list[float] = field(default_factory=list)
    unaudited_load: list[float] = field(default_factory=list)
    growth_ms: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The shape that ``partsbay bench`` prints; every ratio is one of medians."""
        sizes, batch, single, folded = self.sizes, self.batch, self.single, self.folded
        measures = {
            "settings": self.settings,
            "repeats": sizes.repeat_count,
            "requests": sizes.request_count,
            "cells": sizes.cell_count,
            "requests_reserved": batch.reserved_count,
            "requests_waiting": batch.waiting_count,
            "batch_seconds": _median(batch.seconds),
            "batch_allocation_seconds": _median(batch.allocation),
            "batch_requests_per_second": round(sizes.request_count / median(batch.seconds)),
            "one_by_one_requests_per_second": round(median(batch.one_by_one_per_second)),
            "bare_one_by_one_requests_per_second": round(median(batch.bare_per_second)),
            "clients": sizes.client_count,
            "simple_updates_per_second": round(median(single.simple_update)),
            "reservations_per_second": round(median(single.audited)),
            "reservations_without_audit_per_second": round(median(single.unaudited)),
            "reservation_latency_ms": _median(single.latency_ms),
            "entries_left_to_seal": single.left_count,
            "seal_seconds": round(single.seal_seconds, 3),
            "one_client_simple_updates_per_second": round(median(self.alone.simple_update)),
            "one_client_reservations_per_second": round(median(self.alone.audited)),
            "one_client_reservation_latency_ms": _median(self.alone.latency_ms),
            "load_movements": sizes.load_count,
            "load_seconds": _median(self.audited_load),
            "load_without_audit_seconds": _median(self.unaudited_load),
            "reservation_growth_ms": self.growth_ms,
        }
        ratios = {
            "batch_to_one_by_one": _ratio(
                measures["batch_requests_per_second"], measures["one_by_one_requests_per_second"]
            ),
            "batch_to_bare_one_by_one": _ratio(
                measures["batch_requests_per_second"], measures["bare_one_by_one_requests_per_second"]
            ),
            "reservations_to_simple_updates": _ratio(median(single.audited), median(single.simple_update)),
            "reservations_to_simple_updates_of_one_client": _ratio(
                median(self.alone.audited), median(self.alone.simple_update)
            ),
            "audit_of_reservations": _ratio(median(single.unaudited), median(single.audited)),
            "audit_of_load": _ratio(median(self.audited_load), median(self.unaudited_load)),
        }
        if folded:
            fold, whole, rebuild = (
                fold_seconds(folded),
                median(folded.committed_seconds),
                median(folded.rebuild_seconds),
            )
            measures |= {
                "movements": sizes.movement_count,
                "movement_cells": sizes.moved_cell_count,
                "movements_added": sizes.movement_count // 100,
                "rebuild_seconds": round(rebuild, 3),
                "fold_seconds": round(fold, 3),
                "folded_and_committed_seconds": round(whole, 3),
                "read_position_ms": _median(folded.read_ms),
            }
            ratios |= {"fold_to_rebuild": _ratio(fold, rebuild), "folded_insert_to_rebuild": _ratio(whole, rebuild)}
        where = {"batch_seconds": batch.where, "reservation_ms": single.where}
        return {"bench": "ledgers", "measures": measures, "ratios": ratios, "where": where}


def run(server: Server, programs: Path | None = None, sizes: Sizes = Sizes(), tell: Tell = lambda *_: None) -> Measured:
    """Measure in databases that are made for it and dropped after it; ``programs`` holds pgbench."""
    measured = Measured(sizes, _settings(server))
    repeats, cells = sizes.repeat_count, sizes.cell_count
    measured.batch = measure_batch(server, programs, sizes.request_count, cells, sizes.sample_count, repeats, tell)
    measured.single = measure_single(server, programs, cells, sizes.client_count, sizes.second_count, repeats, tell)
    measured.alone = measure_single(server, programs, cells, 1, sizes.second_count, repeats, tell)
    measured.growth_ms = measure_growth(server, sizes.waiting_count, tell)
    measured.audited_load, measured.unaudited_load = measure_audit_of_load(
        server, sizes.load_count, cells, repeats, tell
    )
    if sizes.movement_count:
        measured.folded = measure_folds(server, sizes.movement_count, sizes.moved_cell_count, repeats, tell)
    return measured


def _settings(server: Server) -> dict[str, str]:
    with psycopg.connect(server.admin) as connection:
        rows = connection.execute(
            "select name, current_setting(name) from unnest(%s::text[]) as name", [list(SETTINGS)]
        )
        return dict(rows.fetchall())


def _median(values: list[float]) -> float:
    return round(median(values), 3)


def _ratio(one: float, other: float) -> float:
    return round(one / other, 3)
