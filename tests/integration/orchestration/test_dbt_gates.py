"""dbt itself, on a small project of its own: what a failed test stops, and what not."""

from __future__ import annotations

import json
import subprocess
import sys

import yaml

MODELS = {
    "intermediate/int_rows": "select 1 as number union all select 1",
    "intermediate/int_sums": "select sum(number) as total from {{ ref('int_rows') }}",
    "marts/fct_sums": "select * from {{ ref('int_sums') }}",
    "reports/rpt_sums": "select * from {{ ref('fct_sums') }}",
    "marts/fct_others": "select 2 as number",
}
PROGRAM = """
import sys
from dbt.cli.main import dbtRunner
from orchestration.dbt_gates import hold_up_what_is_read

hold_up_what_is_read()
dbtRunner().invoke(sys.argv[1:])
"""


def test_a_failed_test_stops_what_is_read_of_it_and_no_more(stores, server, tmp_path):
    for name, query in MODELS.items():
        (tmp_path / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "models" / f"{name}.sql").write_text(query)
    unique = {"name": "int_rows", "columns": [{"name": "number", "data_tests": ["unique"]}]}
    documents = {
        "models/models.yml": {"models": [unique]},
        "dbt_project.yml": {
            "name": "small", "profile": "small", "models": {"small": {"+materialized": "table"}},
            "flags": {"send_anonymous_usage_stats": False},
        },
        "profiles.yml": {"small": {"target": "here", "outputs": {"here": {
            "type": "postgres", "host": server.host, "port": server.port, "user": server.user,
            "password": server.password, "dbname": stores.name, "schema": "small", "threads": 2,
        }}}},
    }  # fmt: skip
    for name, document in documents.items():
        (tmp_path / name).write_text(yaml.safe_dump(document))
    where = ["--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path), "--log-path", str(tmp_path / "logs")]
    done = subprocess.run([sys.executable, "-c", PROGRAM, "build", *where], capture_output=True, text=True, timeout=120)
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    assert {result["unique_id"].split(".")[2]: result["status"] for result in results} == {
        "int_rows": "success",
        "unique_int_rows_number": "fail",
        "int_sums": "success",
        "fct_sums": "skipped",
        "rpt_sums": "skipped",
        "fct_others": "success",
    }, done.stdout
