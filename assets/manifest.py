"""What dbt knows of the project, read from its manifest: no dbt is imported here, and Dagster where it is needed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

PROJECT_FOLDER = Path(__file__).resolve().parent.parent / "dbt_project"
MANIFEST = PROJECT_FOLDER / "target" / "manifest.json"
# What stands on a forecast, and whatever people read, waits for it; all else is made while there is time for it.
WAITS_FOR_FORECAST = "source:partsbay.replenishment.forecasts+ fqn:partsbay.marts fqn:partsbay.reports"


@cache
def manifest() -> dict:
    """The parsed project: models, sources, tests, with their descriptions."""
    return json.loads(MANIFEST.read_text())


@cache
def source(key: dg.AssetKey) -> dict:
    """The dbt source of a store table, by its asset key."""
    schema, table = key.path
    found = [node for node in manifest()["sources"].values() if (node["source_name"], node["name"]) == (schema, table)]
    if not found:
        raise KeyError(f"{schema}.{table} is not a source of the dbt project: describe it in models/staging/{schema}")
    return found[0]


def source_description(key: dg.AssetKey) -> str:
    """What the store table is, grain first."""
    return source(key)["description"].strip()


def source_columns(key: dg.AssetKey) -> dg.TableSchema:
    """The columns of a store table with their descriptions: written once, in the dbt project."""
    import dagster as dg

    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, type=column.get("data_type") or "text", description=column["description"].strip())
            for name, column in source(key)["columns"].items()
        ]
    )
