"""The models on a database that has them: every table filled anew with the query that dbt compiled for it.

dbt makes the same tables of the same queries, and takes ten times as long on as little data as tests have; that
both leave the same is a test of its own (``tests/integration/dbt_project/test_refill.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from graphlib import TopologicalSorter

import psycopg
from psycopg import sql

from assets.forecasting import forecast
from assets.manifest import WAITS_FOR_FORECAST
from ingest.forecasts import read_demand_series, store_forecasts
from tests.support.dbt import Dbt, manifest

# Compiled in place of the moments of a run. No model may mean these years.
AS_OF = datetime(1066, 10, 14, 9, 11, 12, 131415, UTC)
KNOWN_AT = datetime(1067, 10, 14, 9, 11, 12, 131415, UTC)


def compute(url: str, as_of: datetime, known_at: datetime | None = None) -> None:
    """What a refresh does: models, forecasts, and the models again that read them."""
    after = after_forecast()
    _refill(url, set(_models()) - after, as_of, known_at)
    _store_forecasts(url, as_of)
    _refill(url, after, as_of, known_at)


def compute_by_dbt(url: str, as_of: datetime, known_at: datetime | None = None) -> None:
    """The same by dbt itself, on any migrated database."""
    dbt = Dbt(url)
    no_tests = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    dbt("build", "--exclude", *WAITS_FOR_FORECAST.split(), *no_tests, as_of=as_of, known_at=known_at)
    _store_forecasts(url, as_of)
    dbt("build", "--select", *WAITS_FOR_FORECAST.split(), *no_tests, as_of=as_of, known_at=known_at)


def rebuild(url: str, as_of: datetime, *changed: str, known_at: datetime | None = None) -> None:
    """The models that stand on what has changed; those before them stay as they were."""
    _refill(url, _standing_on(changed), as_of, known_at)


def rebuild_up_to(url: str, as_of: datetime, name: str, known_at: datetime | None = None) -> None:
    """One model, and all that it stands on."""
    _refill(url, _under(name), as_of, known_at)


def _store_forecasts(url: str, as_of: datetime) -> None:
    with psycopg.connect(url) as connection:
        store_forecasts(connection, forecast(read_demand_series(connection)), as_of)


def _refill(url: str, chosen: set[str], as_of: datetime, known_at: datetime | None = None) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        columns = _columns(connection)
        queries = _queries(connection.info, known_at is not None)
        for name in filter(chosen.__contains__, _order()):
            connection.execute(_statement(name, queries[name], columns, as_of, known_at))


def _statement(name: str, query: str, columns: dict, as_of: datetime, known_at: datetime | None) -> sql.Composed:
    model = _models()[name]
    query = query.replace(AS_OF.isoformat(), as_of.astimezone(UTC).isoformat())
    if known_at:
        query = query.replace(KNOWN_AT.isoformat(), known_at.astimezone(UTC).isoformat())
    table = sql.Identifier(model.schema, name)
    names = sql.SQL(", ").join(map(sql.Identifier, columns[model.schema, name]))
    form = (
        "truncate {table}; insert into {table} ({names}) select {names} from ({query}) as filled"
        if model.config.materialized == "table"
        else "create or replace view {table} as ({query})"
    )
    return sql.SQL(form).format(table=table, names=names, query=sql.SQL(query))


def _columns(connection: psycopg.Connection) -> dict[tuple[str, str], list[str]]:
    rows = connection.execute(
        "select table_schema, table_name, array_agg(column_name::text order by ordinal_position)"
        " from information_schema.columns group by table_schema, table_name"
    )
    return {(schema, table): names for schema, table, names in rows}


@cache
def _models() -> dict:
    return {node.name: node for node in manifest().nodes.values() if node.resource_type == "model"}


@cache
def after_forecast() -> set[str]:
    """The models that are made once the forecast is there: what stands on it, and marts and reports."""
    forecasts = manifest().child_map["source.partsbay.replenishment.forecasts"]
    published = {name for name, model in _models().items() if model.fqn[1] in ("marts", "reports")}
    return published | _standing_on(node.rpartition(".")[2] for node in forecasts if node.startswith("model."))


def _parents(name: str) -> set[str]:
    """The models that one reads."""
    return {node.rpartition(".")[2] for node in _models()[name].depends_on.nodes if node.startswith("model.")}


@cache
def _order() -> tuple[str, ...]:
    """Every model after all that it stands on."""
    return tuple(TopologicalSorter({name: _parents(name) for name in _models()}).static_order())


def _standing_on(names: Iterable[str]) -> set[str]:
    """These and every model that reads any of them, at whatever distance."""
    found = set(names)
    assert found <= set(_models()), f"no such models: {found - set(_models())}"
    for name in _order():
        if found & _parents(name):
            found.add(name)
    return found


def _under(name: str) -> set[str]:
    """A model and everything that it reads, at whatever distance."""
    return {name}.union(*map(_under, _parents(name)))


_compiled: dict[bool, tuple[str, dict[str, str]]] = {}


def _queries(info: psycopg.ConnectionInfo, is_known_at_stated: bool) -> dict[str, str]:
    """The query of each model on the database of a connection; compiled once."""
    if is_known_at_stated not in _compiled:
        url = f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
        queries = Dbt(url).compiled(*_models(), as_of=AS_OF, known_at=KNOWN_AT if is_known_at_stated else None)
        _compiled[is_known_at_stated] = (f'"{info.dbname}"', queries)
    compiled_on, queries = _compiled[is_known_at_stated]
    return {name: query.replace(compiled_on, f'"{info.dbname}"') for name, query in queries.items()}


def built(url: str, as_of: datetime) -> dict:
    """What dbt would say of a build of all models: its results, with the query of each."""
    with psycopg.connect(url) as connection:
        name_of_database = connection.info.dbname
        queries = _queries(connection.info, is_known_at_stated=False)
    return {
        "results": [
            {
                "unique_id": model.unique_id,
                "relation_name": f'"{name_of_database}"."{model.schema}"."{name}"',
                "compiled_code": queries[name].replace(AS_OF.isoformat(), as_of.astimezone(UTC).isoformat()),
            }
            for name, model in _models().items()
        ]
    }


def remake(url: str, as_of: datetime, names: Iterable[str]) -> None:
    """These models as a whole, those before the forecast first; all others stay as they are."""
    chosen, after = set(names), after_forecast()
    _refill(url, chosen - after, as_of)
    _store_forecasts(url, as_of)
    _refill(url, chosen & after, as_of)
