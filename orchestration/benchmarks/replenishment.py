"""Forecast, needs and proposals of a whole network, beside bare statsforecast and bare SQL, in one run.

Measured is what a run does: the assets of the models, of the forecasts and of the proposals, each by Dagster, with
dbt and its data tests. Bare statsforecast is the library called with the same methods on the same months, in as many
processes. Bare SQL is the compiled statement of each model and each data test, executed by two connections. Of each
the median of three counts. Then one cell in a hundred used one more unit, and the plan is brought up to date as the
job ``intraday_stock`` does it. On a server of its own, durable, no standby connected. Last a report of many lines is
written and opened.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from ingest.forecasts import read_demand_series
from orchestration.benchmarks.ledgers_rows import expect
from orchestration.benchmarks.replenishment_bare import bare_forecast_seconds, bare_seconds
from orchestration.benchmarks.replenishment_rows import AS_OF, change, fill
from orchestration.benchmarks.report import Report, measure_report
from orchestration.benchmarks.server import Server
from orchestration.manifest import ensure_manifest

Tell = Callable[[str, float], None]
_QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
# What a run is compared with swings by a fifth from one time to the next.
YARDSTICK_RUNS = 3
STEPS = ("demand models", "forecasts", "needs models", "proposals")


@dataclass(frozen=True)
class Sizes:
    """How many garage-parts there are, and lines of the report."""

    cell_count: int = 100_000
    report_line_count: int = 50_000


QUICK = Sizes(1_000, 500)


@dataclass
class Measured:
    """Seconds of each step of a full run and of one after a small change, and of the yardsticks."""

    sizes: Sizes
    line_count: int = 0
    series_count: int = 0
    proposal_count: int = 0
    changed_count: int = 0
    full: dict[str, float] = field(default_factory=dict)
    changed: float = 0.0
    told: dict[str, int] = field(default_factory=dict)
    bare_forecast: float = 0.0
    bare_models: dict[str, float] = field(default_factory=dict)
    bare_sql: float = 0.0
    report: Report | None = None

    def as_dict(self) -> dict[str, Any]:
        """The shape that ``partsbay bench`` prints."""
        full = sum(self.full.values())
        models = self.full["demand models"] + self.full["needs models"]
        measures = {
            "garage_parts": self.sizes.cell_count,
            "usage_lines": self.line_count,
            "series_forecast": self.series_count,
            "proposals": self.proposal_count,
            "full_seconds": round(full, 2),
            **{f"{step.replace(' ', '_')}_seconds": round(self.full[step], 2) for step in STEPS},
            "bare_statsforecast_seconds": round(self.bare_forecast, 2),
            "bare_sql_seconds": round(self.bare_sql, 2),
            "changed_garage_parts": self.changed_count,
            "changed_seconds": round(self.changed, 2),
            **self.told,
            **(self.report.as_dict() if self.report else {}),
        }
        bare = self.bare_forecast + self.bare_sql + self.full["proposals"]
        ratios = {
            "overhead": round(full / bare, 3),
            "forecast_overhead": round(self.full["forecasts"] / self.bare_forecast, 3),
            "sql_overhead": round(models / self.bare_sql, 3),
            "changed_to_full": round(self.changed / full, 3),
        }
        slowest = sorted(self.bare_models.items(), key=lambda item: -item[1])[:12]
        return {
            "bench": "replenishment",
            "measures": measures,
            "ratios": ratios,
            "where": {name: round(seconds, 2) for name, seconds in slowest},
        }


def run(server: Server, sizes: Sizes = Sizes(), tell: Tell = lambda *_: None) -> Measured:
    """Measure in a database that is made for it and dropped after it."""
    measured = Measured(sizes)
    with (
        server.database() as database,
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(database.owner, autocommit=True) as owner,
        psycopg.connect(database.superuser, autocommit=True) as superuser,
        _environment(database.pipeline, Path(folder)),
    ):
        began = time.perf_counter()
        measured.line_count = fill(owner, superuser, sizes.cell_count)
        tell(
            f"{measured.line_count:,} lines of usage in {sizes.cell_count:,} cells stored", time.perf_counter() - began
        )
        server.settle()
        target = _full(database, measured, Path(folder), tell)
        measured.bare_models, tests, measured.bare_sql = _bare_sql(server, database, target)
        tell(f"bare SQL of {len(measured.bare_models)} models and {len(tests)} tests", measured.bare_sql)
        server.settle()
        measured.changed_count = change(owner, sizes.cell_count)
        measured.changed, measured.told = _replanned(database, Path(folder))
        tell("planned again after a change of 1 %", measured.changed)
        expect(
            owner,
            "garage-parts that were forecast anew",
            "select count(*) from replenishment.forecasts",
            measured.series_count + measured.changed_count,
        )
    measured.report = measure_report(sizes.report_line_count)
    tell(f"a report of {sizes.report_line_count:,} lines", sum(measured.report.written + measured.report.opened))
    return measured


def _full(database: Server, measured: Measured, folder: Path, tell: Tell) -> Path:
    """A first run, with the series put aside for the yardstick; returns where dbt left what it compiled."""
    steps = _made(database, folder, tell, "", ("demand models",))
    with psycopg.connect(database.pipeline, autocommit=True) as connection:
        series = read_demand_series(connection)
    steps |= _made(database, folder, tell, "", STEPS[1:])
    measured.full = steps
    measured.series_count = series.num_rows
    with psycopg.connect(database.pipeline, autocommit=True) as connection:
        measured.proposal_count = connection.execute("select count(*) from replenishment.proposals").fetchone()[0]
    measured.bare_forecast = statistics.median(bare_forecast_seconds(series) for _ in range(YARDSTICK_RUNS))
    tell(f"bare statsforecast on {series.num_rows:,} series", measured.bare_forecast)
    return folder / "dbt"


def _bare_sql(server: Server, database: Server, target: Path) -> tuple[dict[str, float], dict[str, float], float]:
    """The yardstick as :func:`bare_seconds` measures it, taken some times: that of the median."""
    taken = []
    for _ in range(YARDSTICK_RUNS):
        server.settle()
        taken.append(bare_seconds(database.pipeline, database.superuser, target))
    return sorted(taken, key=lambda seconds: seconds[-1])[len(taken) // 2]


def _made(database: Server, folder: Path, tell: Tell, words: str, steps: tuple[str, ...] = STEPS) -> dict[str, float]:
    """Seconds of making the assets of each step."""
    import dagster as dg

    resources = _resources(database)
    made = needed_assets()
    spent = {}
    with dg.DagsterInstance.ephemeral(tempdir=str(folder)) as instance:
        for step in steps:
            asset, selection = made[step]
            began = time.perf_counter()
            # dbt tells what it does on stdout, which is the document's.
            with redirect_stdout(sys.stderr):
                dg.materialize([asset], resources=resources, instance=instance, selection=selection, run_config=_QUIET)
            spent[step] = time.perf_counter() - began
            tell(f"{words}{step}", spent[step])
    return spent


def _replanned(database: Server, folder: Path) -> tuple[float, dict[str, int]]:
    """Seconds of the job that plans again, and what it tells."""
    import dagster as dg

    from orchestration.jobs import intraday_stock

    with dg.DagsterInstance.ephemeral(tempdir=str(folder)) as instance:
        began = time.perf_counter()
        done = intraday_stock.execute_in_process(resources=_resources(database), instance=instance, run_config=_QUIET)
        return time.perf_counter() - began, done.output_for_node("plan_again")


def _resources(database: Server) -> dict[str, Any]:
    from assets.resources import Clock, ForecastEngine, InventoryDatabase
    from orchestration.definitions import defs

    return {
        **defs.resources,
        "inventory_db": InventoryDatabase(url=database.pipeline),
        "forecast_engine": ForecastEngine(),
        "clock": Clock(fixed=AS_OF.isoformat()),
    }


def needed_assets() -> dict[str, tuple[Any, Any]]:
    """Per step the definition of its assets and which of them a proposal stands on: the others are of no concern."""
    import dagster as dg

    # The assets are made from it.
    ensure_manifest()
    from assets import replenishment, warehouse
    from assets.names import PROPOSALS
    from orchestration.definitions import defs

    needed = dg.AssetSelection.assets(PROPOSALS).upstream().resolve(defs.resolve_asset_graph())
    assets = {
        "demand models": warehouse.models_of_demand,
        "forecasts": replenishment.forecasts,
        "needs models": warehouse.models_of_supply,
        "proposals": replenishment.proposals,
    }
    return {step: (asset, dg.AssetSelection.assets(*(needed & asset.keys))) for step, asset in assets.items()}


@contextmanager
def _environment(url: str, folder: Path) -> Iterator[None]:
    """What dbt reads its connection from; a test that also reads a model that is not made is left out."""
    from orchestration.processes import dbt_environment

    before = dict(os.environ)
    os.environ.update(dbt_environment(url, folder), DBT_INDIRECT_SELECTION="cautious")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
