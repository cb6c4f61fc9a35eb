"""The dbt models as assets, in two passes: what the forecast reads, and what reads the forecast."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from assets.manifest import MANIFEST
from assets.names import DATA_ENGINEERING
from assets.resources import Clock, Dbt, InventoryDatabase
from ingest.check_results import record_dbt_results

# Unit tests judge the models, not the data: the test suite runs them, a refresh does not.
BUILD = ["build", "--exclude-resource-type", "unit_test"]
# Whatever is not in its store's folder: a folder of a room, a room, a folder of intermediate models, or a seed → its
# group.
GROUPS = {
    "marts/stock": "stock",
    "marts/reservation": "stock",
    "marts/quality_hold": "stock",
    "marts": "warehouse",
    "reports": "serving",
    "demand": "demand",
    "forecasting": "demand",
    "offers": "supplier_feed",
    "stock": "stock",
    "supply": "supply",
    "proposals": "proposals",
    "price_types": "supplier_feed",
    "stock_conditions": "garage_inventory",
    "service_levels": "replenishment",
    "service_matrix": "replenishment",
    "demand_distributions": "demand",
    "stocking_policies": "replenishment",
}


class Translator(DagsterDbtTranslator):
    """A dbt relation's asset key is its schema and name; it belongs to the group of the store it is about."""

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


TRANSLATOR = Translator(settings=DagsterDbtTranslatorSettings(enable_code_references=False))


@dbt_assets(manifest=MANIFEST, select="tag:before_forecast", dagster_dbt_translator=TRANSLATOR, name="models_of_demand")
def models_of_demand(
    context: dg.AssetExecutionContext, dbt: Dbt, clock: Clock, inventory_db: InventoryDatabase
) -> Iterator[Any]:
    """Every model that the forecast stands on."""
    yield from _build(context, dbt, clock, inventory_db)


@dbt_assets(manifest=MANIFEST, select="tag:after_forecast", dagster_dbt_translator=TRANSLATOR, name="models_of_supply")
def models_of_supply(
    context: dg.AssetExecutionContext, dbt: Dbt, clock: Clock, inventory_db: InventoryDatabase
) -> Iterator[Any]:
    """Every model that is made once the forecast is there."""
    yield from _build(context, dbt, clock, inventory_db)


def _build(context, dbt: Dbt, clock: Clock, inventory_db: InventoryDatabase) -> Iterator[Any]:
    """Run dbt and pass its events on; results are written down even when a model or test failed."""
    variables = ["--vars", f'{{"as_of": "{clock.as_of(context).isoformat()}"}}']
    target = Path(context.instance.root_directory) / "dbt" / context.run.run_id / context.op_execution_context.op.name
    invocation = dbt.cli([*BUILD, *variables], context=context, target_path=target, raise_on_error=False)
    yield from invocation.stream()
    with inventory_db.connect() as connection:
        failed = record_dbt_results(connection, invocation.get_artifact("run_results.json"), context.run.run_id)
    if failed:
        raise dg.Failure(
            description=f"{len(failed)} dbt models or tests failed, first {failed[0]}. Nothing was published; "
            "the last good generation keeps serving.",
            metadata={"failed": failed},
            allow_retries=False,
        )
