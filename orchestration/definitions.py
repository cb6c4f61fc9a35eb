"""The one code location: every asset, check, job, schedule and sensor with its resources.

Importing it opens no connection and imports neither great_expectations nor statsforecast.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg

from orchestration.manifest import ensure_manifest

ensure_manifest()

from assets import (  # noqa: E402 - the models' manifest must be there before their assets are made
    arrivals,
    audit,
    catalogue,
    freshness,
    garage_inventory,
    ledger_checks,
    outcomes,
    publishing,
    quality_hold,
    replenishment,
    reservation,
    supplier_feed,
    warehouse,
)
from assets.manifest import PROJECT_FOLDER  # noqa: E402
from assets.resources import (  # noqa: E402
    Anchors,
    Clock,
    Dbt,
    Folders,
    ForecastEngine,
    InventoryDatabase,
    Mending,
    WarehouseDatabase,
)
from orchestration import intraday, jobs, schedules, sensors  # noqa: E402

MODULES = [
    arrivals, catalogue, outcomes, supplier_feed, garage_inventory, reservation, quality_hold,
    replenishment, warehouse, publishing, audit,
]  # fmt: skip

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(MODULES),
    asset_checks=[
        freshness.feeds_on_time,
        catalogue.no_circle,
        ledger_checks.folds_are_served,
        replenishment.orders_answered,
        replenishment.answers_fit,
    ],
    jobs=[
        jobs.refresh_stock,
        jobs.intraday_stock,
        jobs.intraday_report,
        jobs.sweep_holds,
        jobs.expire_reservations,
        jobs.place_orders,
    ],
    schedules=[
        schedules.refresh_stock_nightly,
        schedules.sweep_holds_quarterly,
        schedules.expire_reservations_often,
        schedules.place_orders_quarterly,
    ],
    sensors=[sensors.feed_arrived, sensors.feeds_late, intraday.plan_outdated, intraday.report_outdated],
    resources={
        "inventory_db": InventoryDatabase(url=dg.EnvVar("PARTSBAY_PRIMARY_PIPELINE_URL")),
        "warehouse_db": WarehouseDatabase(url=dg.EnvVar("PARTSBAY_WAREHOUSE_PIPELINE_URL")),
        "folders": Folders(
            drop=dg.EnvVar("PARTSBAY_FOLDER_DROP"),
            landing=dg.EnvVar("PARTSBAY_FOLDER_LANDING"),
            exports=dg.EnvVar("PARTSBAY_FOLDER_EXPORTS"),
            reports=dg.EnvVar("PARTSBAY_FOLDER_REPORTS"),
            data_docs=dg.EnvVar("PARTSBAY_FOLDER_DATA_DOCS"),
            profiles=dg.EnvVar("PARTSBAY_FOLDER_PROFILES"),
            outcomes=dg.EnvVar("PARTSBAY_FOLDER_OUTCOMES"),
            outbox=dg.EnvVar("PARTSBAY_FOLDER_OUTBOX"),
            inboxes=dg.EnvVar("PARTSBAY_INBOXES_FILE"),
            limits=dg.EnvVar("PARTSBAY_READING_LIMITS"),
        ),
        "anchors": Anchors(folder=dg.EnvVar("PARTSBAY_FOLDER_ANCHORS"), key=dg.EnvVar("PARTSBAY_ANCHOR_SECRET")),
        "mending": Mending(switch=dg.EnvVar("PARTSBAY_LEDGER_MENDING")),
        "forecast_engine": ForecastEngine(name=dg.EnvVar("PARTSBAY_FORECAST_ENGINE")),
        "clock": Clock(fixed=dg.EnvVar("PARTSBAY_CLOCK")),
        "dbt": Dbt(
            project_dir=str(PROJECT_FOLDER),
            profiles_dir=str(PROJECT_FOLDER),
            dbt_executable=str(Path(sys.executable).with_name("partsbay-dbt")),
        ),
    },
    # A process per step would cost seconds a step; runs are split, not steps.
    executor=dg.in_process_executor,
)
