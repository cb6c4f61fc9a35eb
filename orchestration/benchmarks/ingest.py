"""Supplier price lines through land, read, judge and store, beside raw COPY and dlt, in one run.

Raw COPY is the server's own COPY of a file with the same good lines into a table with
the file's columns and types: once without any key, the least that a load of these lines
can cost, and once with the columns of the store's key. dlt loads that same file the way
its makers advise. The bad lines, one in a hundred, are only in the file of the full path;
COPY would stop at the first of them. Every repeat measures all of them, each in a fresh
database; what counts is the median.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from orchestration.benchmarks.full_path import STAGES, Taken, take
from orchestration.benchmarks.lines import write_lines, write_small
from orchestration.benchmarks.server import Server
from orchestration.benchmarks.yardsticks import Dlt, YardstickError, raw_copy

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Sizes:
    """How much is measured, and how often. ``large_row_count`` and ``small_file_count`` of 0 leave that out."""

    row_count: int = 1_000_000
    repeat_count: int = 5
    large_row_count: int = 10_000_000
    small_file_count: int = 1000


QUICK = Sizes(50_000, 1, 0, 0)


@dataclass
class Measured:
    """Seconds of every repeat, and what was counted."""

    sizes: Sizes
    byte_count: int = 0
    first: list[Taken] = field(default_factory=list)
    second: list[Taken] = field(default_factory=list)
    copy_seconds: list[float] = field(default_factory=list)
    keyed_copy_seconds: list[float] = field(default_factory=list)
    dlt_seconds: list[float] = field(default_factory=list)
    large: Taken | None = None
    small: Taken | None = None
    missing: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The shape that ``partsbay bench`` prints."""
        total = _median(one.total_seconds for one in self.first)
        second = _median(one.total_seconds for one in self.second)
        dlt = _median(self.dlt_seconds)
        large, small = self.large, self.small
        taken = [*self.first, *self.second, *(one for one in (large, small) if one)]
        first = self.first[0]
        measures = {
            "rows": self.sizes.row_count,
            "bytes": self.byte_count,
            "repeats": self.sizes.repeat_count,
            "rows_accepted": first.accepted_count,
            "rows_quarantined": first.quarantined_count,
            **{f"{stage}_seconds": _median(one.seconds.get(stage, 0.0) for one in self.first) for stage in STAGES},
            "total_seconds": total,
            "rows_per_second": round(self.sizes.row_count / total),
            "raw_copy_seconds": _median(self.copy_seconds),
            "raw_copy_with_key_seconds": _median(self.keyed_copy_seconds),
            "dlt_seconds": dlt,
            "second_delivery_seconds": second,
            "second_delivery_rows_accepted": self.second[0].accepted_count,
            "second_delivery_rows_duplicate": self.second[0].duplicate_count,
            "large_rows": self.sizes.large_row_count or None,
            "large_seconds": large and round(large.total_seconds, 3),
            **(
                {f"large_{stage}_seconds": round(large.seconds.get(stage, 0.0), 3) for stage in STAGES} if large else {}
            ),
            "small_files": self.sizes.small_file_count or None,
            "small_files_seconds": small and round(small.total_seconds, 3),
            "peak_mib": round(max(one.peak_mib for one in taken), 1),
        }
        ratios = {
            "ingest_to_raw_copy": _ratio(total, measures["raw_copy_seconds"]),
            "ingest_to_raw_copy_with_key": _ratio(total, measures["raw_copy_with_key_seconds"]),
            "ingest_to_dlt": _ratio(total, dlt),
            "second_delivery_to_first": _ratio(second, total),
            "ten_million_to_one_million": _ratio(large and large.total_seconds, total),
        }
        return {"bench": "ingest", "measures": _present(measures), "ratios": _present(ratios)} | (
            {"missing": self.missing} if self.missing else {}
        )


def run(server: Server, folder: Path, sizes: Sizes = Sizes(), dlt: Dlt | None = None, tell: Tell = lambda *_: None):
    """Measure in databases that are made for it and dropped after it; files go below ``folder`` and away again."""
    measured = Measured(sizes)
    dlt = _installed(dlt, measured, tell)
    with tempfile.TemporaryDirectory(prefix="ingest-", dir=folder) as made:
        files = _write(Path(made), sizes, measured, tell)
        if sizes.repeat_count > 1:
            # Nobody who is measured pays for memory and log files that a new server uses for the first time.
            before = _take_fresh(server, Path(made), [files["first"]])
            tell("a delivery before all others, which is not counted", before.total_seconds)
        for number in range(1, sizes.repeat_count + 1):
            _measure_once(server, Path(made), files, dlt, measured, lambda step, s, n=number: tell(f"{n}: {step}", s))
        if sizes.large_row_count:
            _measure_large(server, Path(made), sizes, measured, tell)
        if sizes.small_file_count:
            _measure_small(server, Path(made), sizes, measured, tell)
    return measured


def _installed(dlt: Dlt | None, measured: Measured, tell: Tell) -> Dlt | None:
    if dlt is None:
        return None
    began = time.perf_counter()
    try:
        dlt.install()
    except YardstickError as error:
        measured.missing = f"{error.message}. {error.mend}"
        return None
    tell("dlt: its environment is there", time.perf_counter() - began)
    return dlt


def _write(folder: Path, sizes: Sizes, measured: Measured, tell: Tell) -> dict[str, Path]:
    began = time.perf_counter()
    files = {name: folder / f"{name}.csv" for name in ("first", "second", "good")}
    write_lines(files["first"], sizes.row_count)
    write_lines(files["second"], sizes.row_count, is_second=True)
    write_lines(files["good"], sizes.row_count, with_bad=False)
    measured.byte_count = files["first"].stat().st_size
    tell(f"{sizes.row_count:,} lines written, three times", time.perf_counter() - began)
    return files


def _measure_once(
    server: Server, folder: Path, files: dict[str, Path], dlt: Dlt | None, measured: Measured, tell: Tell
) -> None:
    with server.database() as database:
        for has_key, kept in ((False, measured.copy_seconds), (True, measured.keyed_copy_seconds)):
            server.settle()
            kept.append(raw_copy(database.owner, files["good"], has_key))
            tell(f"raw COPY {'with' if has_key else 'without'} a key", kept[-1])
        if dlt:
            server.settle()
            measured.dlt_seconds.append(dlt.load(database.superuser, files["good"], folder))
            tell("dlt", measured.dlt_seconds[-1])
    with server.database() as database, tempfile.TemporaryDirectory(dir=folder) as landing:
        for name, kept in (("first", measured.first), ("second", measured.second)):
            server.settle()
            kept.append(take(database.pipeline, Path(landing), [files[name]]))
            tell(f"{name} delivery", kept[-1].total_seconds)


def _measure_large(server: Server, folder: Path, sizes: Sizes, measured: Measured, tell: Tell) -> None:
    began = time.perf_counter()
    write_lines(folder / "large.csv", sizes.large_row_count)
    tell(f"{sizes.large_row_count:,} lines written", time.perf_counter() - began)
    if sizes.repeat_count > 1:
        before = _take_fresh(server, folder, [folder / "large.csv"])
        tell("the same as a delivery before it, which is not counted", before.total_seconds)
    measured.large = _take_fresh(server, folder, [folder / "large.csv"])
    tell(f"{sizes.large_row_count:,} lines", measured.large.total_seconds)
    (folder / "large.csv").unlink()


def _measure_small(server: Server, folder: Path, sizes: Sizes, measured: Measured, tell: Tell) -> None:
    measured.small = _take_fresh(server, folder, write_small(folder / "small", sizes.small_file_count))
    tell(f"{sizes.small_file_count:,} files of 100 lines", measured.small.total_seconds)


def _take_fresh(server: Server, folder: Path, files: list[Path]) -> Taken:
    with server.database() as database, tempfile.TemporaryDirectory(dir=folder) as landing:
        server.settle()
        return take(database.pipeline, Path(landing), files)


def _median(values) -> float | None:
    values = list(values)
    return round(median(values), 3) if values else None


def _ratio(one: float | None, other: float | None) -> float | None:
    return round(one / other, 2) if one and other else None


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
