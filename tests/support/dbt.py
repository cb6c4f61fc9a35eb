"""dbt in the process of the test: the project is parsed once, and built on any database."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from unittest import mock

from psycopg import conninfo

PROJECT = Path(__file__).parents[2] / "dbt_project"
# Contracts ask PostgreSQL for types; psycopg2 has no name for uuid, which only shortens messages of dbt.
WARNINGS = '{"error": "all", "silence": ["TypeCodeNotFound"]}'
TARGET = Path(tempfile.gettempdir()) / f"partsbay-test-dbt-{os.getpid()}"


@cache
def manifest():
    """The parsed project. Warnings, deprecations among them, are errors."""
    return _invoke({}, "parse", "--no-partial-parse").result


class Dbt:
    """The project on one database, as the role of the given libpq URL."""

    def __init__(self, url: str):
        parts = conninfo.conninfo_to_dict(url)
        self._environment = {
            "PARTSBAY_DBT_HOST": str(parts["host"]),
            "PARTSBAY_DBT_PORT": str(parts["port"]),
            "PARTSBAY_DBT_USER": str(parts["user"]),
            "PARTSBAY_DBT_PASSWORD": str(parts["password"]),
            "PARTSBAY_DBT_DBNAME": str(parts["dbname"]),
        }

    def __call__(
        self,
        command: str,
        *options: str,
        as_of: datetime | str | None = None,
        known_at: datetime | None = None,
    ) -> dict[str, str]:
        """Run a command; what became of each node by its name. A failure or warning fails the test."""
        result = _invoke(self._environment, command, *options, *_variables(as_of, known_at), manifest=self._manifest())
        return {run.node.name: str(run.status) for run in result.result}

    def compiled(self, *models: str, as_of: datetime, known_at: datetime | None = None) -> dict[str, str]:
        """The query of each model as the database gets it."""
        result = _invoke(
            self._environment, "compile", "--select", *models, *_variables(as_of, known_at), manifest=self._manifest(),
        )  # fmt: skip
        return {run.node.name: run.node.compiled_code for run in result.result}

    def _manifest(self):
        """A copy of the parsed project that names this database; a run leaves its compiled SQL in it."""
        parsed = manifest().deepcopy()
        name = self._environment["PARTSBAY_DBT_DBNAME"]
        for node in [*parsed.nodes.values(), *parsed.sources.values()]:
            node.database = name
            if node.resource_type in ("model", "seed", "source"):
                node.relation_name = f'"{name}"."{node.schema}"."{node.identifier}"'
        return parsed


def _variables(as_of: datetime | str | None, known_at: datetime | None) -> list[str]:
    given = {"as_of": as_of, "known_at": known_at}
    stated = {name: str(moment) for name, moment in given.items() if moment}
    return ["--vars", json.dumps(stated)] if stated else []


def _invoke(environment: dict[str, str], *arguments: str, manifest=None):
    from dbt.cli.main import dbtRunner

    defaults = {"PARTSBAY_DBT_HOST": "unused", "PARTSBAY_DBT_DBNAME": "unused"}
    options = [
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(TARGET / "target"), "--log-path", str(TARGET / "logs"),
    ]  # fmt: skip
    with mock.patch.dict(os.environ, {**defaults, **environment}):
        result = dbtRunner(manifest=manifest).invoke(
            ["--quiet", "--warn-error-options", WARNINGS, *arguments, *options]
        )
    if not result.success:
        failed = [f"{run.node.name}: {run.message}" for run in getattr(result.result, "results", []) if run.message]
        raise AssertionError(f"dbt {arguments[0]} failed: {result.exception or failed}")
    return result
