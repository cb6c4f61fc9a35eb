"""What the last refresh made its models of: its moment, and the query of each model as the database got it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

# It stands beside the tables that it is about, and falls with them; a standby has neither.
_TABLE = """
    create table if not exists intermediate.model_builds (
        pass_code text primary key,
        run_id text not null,
        as_of_at timestamptz not null,
        known_from_at timestamptz not null,
        models_hash text not null,
        queries jsonb not null
    )
"""
# What a build may not have seen was recorded since the oldest transaction that was open when it began.
_BEGIN = """
    select least(clock_timestamp(), (
        select min(xact_start) from pg_stat_activity where datname = current_database()
    ))
"""
_FORGET = "delete from intermediate.model_builds where pass_code = %s"
_RECORD = """
    insert into intermediate.model_builds (pass_code, run_id, as_of_at, known_from_at, models_hash, queries)
    values (%s, %s, %s, %s, %s, %s)
    on conflict (pass_code) do update set
        run_id = excluded.run_id, as_of_at = excluded.as_of_at, known_from_at = excluded.known_from_at,
        models_hash = excluded.models_hash, queries = excluded.queries
"""
_READ = """
    select as_of_at, known_from_at, models_hash, queries
    from intermediate.model_builds
    order by known_from_at
"""
_HOLD = "for update"
_MOVE = "update intermediate.model_builds set as_of_at = %s, known_from_at = %s"


@dataclass(frozen=True)
class Build:
    """One pass over the models. ``queries``: model → its schema and its query.

    ``known_from_at``: what was recorded since may be missing in it.
    """

    as_of_at: datetime
    known_from_at: datetime
    models_hash: str
    queries: dict[str, dict[str, str]]


def begin_build(connection: psycopg.Connection, pass_code: str) -> datetime:
    """A pass over the models begins: until it ends well, nothing can be planned again on what it leaves.

    Returns ``known_from_at``. The connection is in autocommit mode.
    """
    connection.execute(_TABLE)
    connection.execute(_FORGET, [pass_code])
    return oldest_writer(connection)


def record_build(
    connection: psycopg.Connection,
    pass_code: str,
    run_id: str,
    as_of: datetime,
    known_from: datetime,
    models_hash: str,
    run_results: dict[str, Any],
) -> None:
    """The pass has ended well; ``run_results`` are dbt's."""
    queries = {}
    for result in run_results["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        if kind == "model":
            schema = result["relation_name"].split(".")[1].strip('"')
            queries[name] = {"schema": schema, "query": result["compiled_code"]}
    connection.execute(_RECORD, [pass_code, run_id, as_of, known_from, models_hash, json.dumps(queries)])


def move_builds(connection: psycopg.Connection, as_of: datetime, known_from: datetime) -> None:
    """What stands is now of another moment, and knows more."""
    connection.execute(_MOVE, [as_of, known_from])


def standing_builds(connection: psycopg.Connection, is_held: bool = True) -> list[Build]:
    """The passes that the models were last made in, the oldest first.

    A refresh that begins waits for the caller that holds them; who only looks holds nothing up.
    """
    if connection.execute("select to_regclass('intermediate.model_builds')").fetchone()[0] is None:
        return []
    with connection.cursor(row_factory=class_row(Build)) as cursor:
        return cursor.execute(_READ + _HOLD if is_held else _READ).fetchall()


def oldest_writer(connection: psycopg.Connection) -> datetime:
    """Since when something may have been recorded that this connection does not see yet."""
    return connection.execute(_BEGIN).fetchone()[0]
