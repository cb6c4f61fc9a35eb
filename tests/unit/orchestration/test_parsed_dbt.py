"""dbt on the project as it was parsed: the version that Dagster asks for, and the database of the run."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from assets.manifest import PROJECT_FOLDER
from orchestration import parsed_dbt
from orchestration.manifest import ensure_manifest
from orchestration.parsed_dbt import _parsed

PROGRAM = Path(sys.executable).with_name("partsbay-dbt")


def test_it_answers_the_version_without_loading_dbt():
    told = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    assert version("dbt-core") in told


def test_the_parsed_project_is_on_the_database_of_the_run(monkeypatch):
    ensure_manifest()
    monkeypatch.setenv("PARTSBAY_DBT_DBNAME", "elsewhere")
    manifest = _parsed()
    model = manifest.nodes["model.partsbay.int_months_coming"]
    assert model.relation_name == '"elsewhere"."intermediate"."int_months_coming"'
    assert {source.database for source in manifest.sources.values()} == {"elsewhere"}


def test_a_command_of_dbt_ends_as_dbt_does(monkeypatch, tmp_path):
    ensure_manifest()
    environment = {"PARTSBAY_DBT_HOST": "unused", "PARTSBAY_DBT_DBNAME": "unused", "HOME": str(tmp_path)}
    where = ["--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)]
    where += ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")]

    def ended(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([PROGRAM, *arguments, *where], capture_output=True, text=True, env=environment)

    listed = ended("--quiet", "ls", "--select", "int_months_coming", "--resource-type", "model")
    assert (listed.returncode, listed.stdout.split()) == (0, ["partsbay.intermediate.forecasting.int_months_coming"])
    alone = subprocess.run([PROGRAM], capture_output=True, text=True, env=environment)
    assert (alone.returncode, alone.stderr[:7]) == (2, "Usage: ")
    wrong = ended("ls", "--no-such-option")
    assert wrong.returncode == 2 and "no-such-option" in wrong.stdout + wrong.stderr


def told(parsed) -> dict[str, dict]:
    return {node.unique_id: node.to_dict() for node in [*parsed.nodes.values(), *parsed.sources.values()]}


def test_what_is_kept_beside_what_was_parsed_is_the_same_and_never_older(monkeypatch, tmp_path):
    ensure_manifest()
    parsed = tmp_path / parsed_dbt.PARSED.name
    parsed.write_bytes(parsed_dbt.PARSED.read_bytes())
    monkeypatch.setattr(parsed_dbt, "PARSED", parsed)
    first = told(parsed_dbt._read())
    (kept,) = tmp_path.glob("*.pickle")
    assert told(parsed_dbt._read()) == first

    # dbt parsed again: what lies beside it is made anew.
    kept.write_bytes(b"of the project as it was")
    later = kept.stat().st_mtime_ns + 1
    os.utime(parsed, ns=(later, later))
    assert told(parsed_dbt._read()) == first
    assert kept.read_bytes() != b"of the project as it was"
