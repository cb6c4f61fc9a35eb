"""The yardsticks of replenishment: statsforecast without us, and SQL of models and tests without dbt and Dagster."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa

from assets.manifest import manifest

CONNECTION_COUNT = 2


def bare_forecast_seconds(series: pa.Table) -> float:
    """Seconds of the library's own calls: the same methods on the same months, one pass and fitted values each."""
    from assets.forecasting.candidates import SLOW_CLASSES, SLOW_METHODS, is_testable
    from assets.forecasting.engine import processes
    from assets.forecasting.library import library, long_frame
    from assets.forecasting.months import months_of

    months = months_of(series["demand_quantities"])
    is_slow = np.isin(series["demand_class_code"].to_numpy(), SLOW_CLASSES)
    asked = {SLOW_METHODS: is_slow & is_testable(is_slow, months), ("SES",): ~is_slow}
    spent = 0.0
    for codes, is_asked in asked.items():
        rows = np.flatnonzero(is_asked)
        if not rows.size:
            continue
        frame = long_frame(months.take(rows))
        began = time.perf_counter()
        called = library(codes, processes(len(rows)))
        called.forecast(df=frame, h=1, fitted=True)
        called.forecast_fitted_values()
        spent += time.perf_counter() - began
    return spent


def bare_seconds(url: str, superuser: str, folder: Path) -> tuple[dict[str, float], dict[str, float], float]:
    """Seconds of each model's compiled statement as a table, of each test's, and of all of them by two connections.

    ``folder`` is where dbt left its results. Each statement reads the relations that dbt made.
    """
    models, tests = _compiled(folder)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("create schema bench_bare authorization partsbay_pipeline")
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTION_COUNT) as pool:
        spent = dict(pool.map(lambda item: (item[0], _seconds(url, *item)), models.items()))
        tested = dict(pool.map(lambda item: (item[0], _seconds_of_test(url, item[1])), tests.items()))
    total = time.perf_counter() - began
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("drop schema bench_bare cascade")
    return spent, tested, total


def _compiled(folder: Path) -> tuple[dict[str, tuple[str, list[list[str]], list[str]]], dict[str, str]]:
    """Per model that is a table its statement, its indexes and its settings; per test its statement."""
    found, tests = {}, {}
    nodes = manifest()["nodes"]
    for path in sorted(folder.rglob("run_results.json")):
        for result in json.loads(path.read_text())["results"]:
            node = nodes.get(result["unique_id"])
            if node and node["resource_type"] == "test":
                tests[node["name"]] = result["compiled_code"]
            if node and node["resource_type"] == "model" and node["config"]["materialized"] != "view":
                indexes = [index["columns"] for index in node["config"].get("indexes") or []]
                hooks = [hook["sql"] for hook in node["config"].get("pre-hook") or []]
                settings = [hook.replace("set local", "set") for hook in hooks if hook.startswith("set local ")]
                found[node["name"]] = (result["compiled_code"], indexes, settings)
    return found, tests


def _seconds_of_test(url: str, statement: str) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        began = time.perf_counter()
        connection.execute(f"select count(*) from ({statement}) as failed", prepare=False)
        return time.perf_counter() - began


def _seconds(url: str, name: str, model: tuple[str, list[list[str]], list[str]]) -> float:
    statement, indexes, settings = model
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in settings:
            connection.execute(setting)
        began = time.perf_counter()
        connection.execute(f"create unlogged table bench_bare.{name} as {statement}", prepare=False)
        for columns in indexes:
            connection.execute(f"create index on bench_bare.{name} ({', '.join(columns)})")
        return time.perf_counter() - began
