"""Files through land, read, judge and store, in a process of its own: its peak memory is that of nothing else.

``python -m orchestration.benchmarks.full_path LANDING FILE …``, the URL on standard input.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psycopg

STAGES = ("land", "read", "judge", "copy", "merge", "audit")


@dataclass(frozen=True)
class Taken:
    """What became of some files: rows, seconds per stage and in all, and the peak memory of the process."""

    read_count: int
    accepted_count: int
    duplicate_count: int
    quarantined_count: int
    seconds: dict[str, float]
    total_seconds: float
    peak_mib: float


def take(pipeline_url: str, landing: Path, files: list[Path]) -> Taken:
    """Take files in a fresh process."""
    command = [sys.executable, "-m", "orchestration.benchmarks.full_path", str(landing)]
    names = "\n".join([pipeline_url, *map(str, files)])
    done = subprocess.run(command, input=names, stdout=subprocess.PIPE, text=True, check=True)
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def _take(pipeline_url: str, landing: Path, files: list[Path]) -> dict:
    """Imports and connections are made before the clock starts."""
    from expectations.judge import judge, warm_up
    from ingest import landing as landing_room
    from ingest import pipeline

    warm_up()
    seconds: dict[str, float] = defaultdict(float)
    land = landing_room.land_all

    def timed_land(*given, **options):
        began = time.perf_counter()
        try:
            return land(*given, **options)
        finally:
            seconds["land"] += time.perf_counter() - began

    pipeline.land_all = timed_land
    with psycopg.connect(pipeline_url, autocommit=True) as connection:
        _add_supplier(connection)
        started = time.perf_counter()
        outcomes = list(pipeline.land_and_process(connection, landing, files, "S1", "supplier_price", judge))
        total = time.perf_counter() - started
    for outcome in outcomes:
        for stage, spent in outcome.seconds.items():
            seconds[stage] += spent
    return {
        "read_count": sum(outcome.rows_read for outcome in outcomes),
        "accepted_count": sum(outcome.rows_accepted for outcome in outcomes),
        "duplicate_count": sum(outcome.rows_duplicate for outcome in outcomes),
        "quarantined_count": sum(outcome.rows_quarantined for outcome in outcomes),
        "seconds": seconds,
        "total_seconds": total,
        "peak_mib": _peak_mib(),
    }


def _peak_mib() -> float:
    """The most memory that this process had. What the kernel tells of a child's usage begins with its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def _add_supplier(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into catalogue.suppliers (supplier_code, valid_from_at, supplier_name, currency_code, lead_time_days,"
        " is_active, source_code, batch_id, line_number, payload_hash)"
        " values ('S1', '2020-01-01Z', 'Bench', 'EUR', 1, true, 'bench', uuidv7(), 1, '') on conflict do nothing"
    )


if __name__ == "__main__":
    url, *names = sys.stdin.read().splitlines()
    print(json.dumps(_take(url, Path(sys.argv[1]), [Path(name) for name in names])))
