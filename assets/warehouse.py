"""The dbt models as assets, in two passes: what needs no forecast, and what reads it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from assets.forecasting.library import load_beforehand
from assets.manifest import MANIFEST, PROJECT_FOLDER, WAITS_FOR_FORECAST, manifest
from assets.names import DATA_ENGINEERING
from assets.resources import Clock, Dbt, InventoryDatabase
from ingest.check_results import record_dbt_results
from ingest.generations import models_hash
from ingest.replanning.builds import begin_build, record_build
from ingest.replanning.steps import KEPT_MODELS, MADE_AGAIN

# Unit tests judge the models, not the data: the test suite runs them, a refresh does not.
BUILD = ["build", "--exclude-resource-type", "unit_test"]
# Whatever is not in its store's folder: a folder of a room, a room, a folder of intermediate models, or a seed → its
# group.
GROUPS = {
    "marts/stock": "stock",
    "marts/reservation": "reservation",
    "marts/quality_hold": "quality_hold",
    "marts/audit": "audit",
    "marts": "warehouse",
    "reports": "serving",
    "demand": "demand",
    "forecasting": "demand",
    "offers": "supplier_feed",
    "intermediate/catalogue": "network",
    "intermediate/replenishment": "policies",
    "policies": "policies",
    "stock": "stock",
    "supply": "supply",
    "ingest": "operations",
    "proposals": "proposals",
    "price_types": "supplier_feed",
    "stock_conditions": "garage_inventory",
    "service_levels": "policies",
    "service_matrix": "policies",
    "demand_distributions": "demand",
    "stocking_policies": "policies",
}


class Translator(DagsterDbtTranslator):
    """A dbt relation's asset key is its schema and name; it belongs to the group of the store it is about."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The model without what it would need of the audit: every step writes to it, and its check comes last."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(deps=[dep for dep in spec.deps if dep.asset_key.path[0] != "audit"])

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        room, folder = dbt_resource_props["fqn"][1:3] if len(dbt_resource_props["fqn"]) > 2 else ("seeds", "")
        places = (f"{room}/{folder}", room, folder, dbt_resource_props["name"])
        return next((GROUPS[place] for place in places if place in GROUPS), folder)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return [DATA_ENGINEERING]


def keys_of(models: Iterable[str]) -> dg.AssetSelection:
    """The assets of these models, by their names."""
    nodes = {node["name"]: node for node in manifest()["nodes"].values() if node["resource_type"] == "model"}
    return dg.AssetSelection.assets(*(dg.AssetKey([nodes[name]["schema"], name]) for name in models))


TRANSLATOR = Translator(settings=DagsterDbtTranslatorSettings(enable_code_references=False))


@dbt_assets(manifest=MANIFEST, exclude=WAITS_FOR_FORECAST, dagster_dbt_translator=TRANSLATOR, name="models_of_demand")
def models_of_demand(
    context: dg.AssetExecutionContext, dbt: Dbt, clock: Clock, inventory_db: InventoryDatabase
) -> Iterator[Any]:
    """Every model that needs no forecast; the library of forecasts is loaded while dbt starts."""
    load_beforehand()
    yield from _build(context, dbt, clock, inventory_db, "before_forecast")


@dbt_assets(manifest=MANIFEST, select=WAITS_FOR_FORECAST, dagster_dbt_translator=TRANSLATOR, name="models_of_supply")
def models_of_supply(
    context: dg.AssetExecutionContext, dbt: Dbt, clock: Clock, inventory_db: InventoryDatabase
) -> Iterator[Any]:
    """Every model that stands on the forecast, and all that people read."""
    yield from _build(context, dbt, clock, inventory_db, "after_forecast")


def _build(context, dbt: Dbt, clock: Clock, inventory_db: InventoryDatabase, pass_code: str) -> Iterator[Any]:
    """Run dbt and pass its events on; results are written down even when a model or test failed."""
    as_of = clock.as_of(context)
    variables = ["--vars", f'{{"as_of": "{as_of.isoformat()}"}}']
    target = Path(context.instance.root_directory) / "dbt" / context.run.run_id / context.op_execution_context.op.name
    # A pass over marts and reports alone leaves what plans stand on.
    is_of_plans = not {key.path[-1] for key in context.selected_asset_keys}.isdisjoint(MADE_AGAIN + KEPT_MODELS)
    with inventory_db.connect() as connection:
        known_from = begin_build(connection, pass_code) if is_of_plans else None
    invocation = dbt.cli([*BUILD, *variables], context=context, target_path=target, raise_on_error=False)
    yield from invocation.stream()
    results = invocation.get_artifact("run_results.json")
    with inventory_db.connect() as connection:
        failed = record_dbt_results(connection, results, context.run.run_id)
        if known_from and not failed:
            models = models_hash(PROJECT_FOLDER)
            record_build(connection, pass_code, context.run.run_id, as_of, known_from, models, results)
    if failed:
        raise dg.Failure(
            description=f"{len(failed)} dbt models or tests failed, first {failed[0]}. Nothing was published; "
            "the last good generation keeps serving.",
            metadata={"failed": failed},
            allow_retries=False,
        )
