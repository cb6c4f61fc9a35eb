"""The history of every check ever run, whoever ran it."""

from __future__ import annotations

import json

import psycopg
from psycopg.rows import dict_row

INSERT = """
    insert into ingest.check_results
        (run_id, origin, asset_name, check_name, column_name, severity, is_success, failed_count, details)
    select %s, 'dbt', asset_name, check_name, column_name, severity, is_success, failed_count, details
    from jsonb_to_recordset(%s::jsonb) as results (
        asset_name text, check_name text, column_name text, severity text, is_success boolean,
        failed_count bigint, details jsonb
    )
"""

# A check that was red and is green again is green; that of one file says nothing of another.
_NEWEST = """
    with newest as (
        select distinct on (batch_id, asset_name, check_name, column_name) is_success
        from ingest.check_results
        order by batch_id, asset_name, check_name, column_name, checked_at desc, check_result_id desc
    )
    select count(*) filter (where is_success) as passed, count(*) filter (where not is_success) as failed
    from newest
"""


def count_checks(connection: psycopg.Connection) -> dict[str, int]:
    """How many checks of files and models ``passed`` and ``failed``; the newest result of each counts."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_NEWEST).fetchone()


def record_dbt_results(connection: psycopg.Connection, run_results: dict, run_id: str) -> list[str]:
    """Write the tests of one dbt invocation down, in a transaction of its own; return what failed, models included."""
    tests, failed = [], []
    for result in run_results["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        if result["status"] in ("error", "fail", "runtime error"):
            failed.append(f"{name}: {(result.get('message') or result['status']).strip()}")
        if kind == "test":
            tests.append(
                {
                    "asset_name": result.get("relation_name") or result["unique_id"].split(".")[1],
                    "check_name": name,
                    "column_name": None,
                    "severity": "warning" if result["status"] == "warn" else "critical",
                    "is_success": result["status"] in ("pass", "success"),
                    "failed_count": result.get("failures"),
                    "details": {"message": result.get("message"), "unique_id": result["unique_id"]},
                }
            )
    with connection.transaction():
        connection.execute(INSERT, [run_id, json.dumps(tests)])
    return failed
