"""Asset keys, groups and owners: the words that assets, checks and jobs share."""

from __future__ import annotations

import dagster as dg

DATA_ENGINEERING = "team:data-engineering"
PLANNING = "team:planning"

BATCHES = dg.AssetKey(["ingest", "batches"])
DATA_DOCS = dg.AssetKey(["operations", "data_docs"])
OUTCOMES = dg.AssetKey(["operations", "outcomes"])
GARAGES = dg.AssetKey(["catalogue", "garages"])
SUPPLIERS = dg.AssetKey(["catalogue", "suppliers"])
PARTS = dg.AssetKey(["catalogue", "parts"])
OFFERS = dg.AssetKey(["supplier_feed", "offers"])
AVAILABILITY = dg.AssetKey(["supplier_feed", "availability"])
COUNTS = dg.AssetKey(["garage_inventory", "counts"])
USAGE_LINES = dg.AssetKey(["garage_inventory", "usage_lines"])
ADJUSTMENTS = dg.AssetKey(["garage_inventory", "adjustments"])
MOVEMENTS = dg.AssetKey(["garage_inventory", "movements"])
RESERVATION_EVENTS = dg.AssetKey(["reservation", "events"])
HOLD_EVENTS = dg.AssetKey(["quality_hold", "events"])
FORECASTS = dg.AssetKey(["replenishment", "forecasts"])
PROPOSALS = dg.AssetKey(["replenishment", "proposals"])
AUDIT_RECORDS = dg.AssetKey(["audit", "records"])
STOCK_POSITIONS = dg.AssetKey(["serving", "stock_positions"])
REPLENISHMENT_NEEDS = dg.AssetKey(["serving", "replenishment_needs"])
WAREHOUSE_MARTS = dg.AssetKey(["warehouse", "marts"])
PARQUET_EXPORT = dg.AssetKey(["warehouse", "parquet"])
REPORT = dg.AssetKey(["replenishment", "report"])


def mart(name: str) -> dg.AssetKey:
    """The key of a mart on the primary region."""
    return dg.AssetKey(["marts", name])


def report_model(name: str) -> dg.AssetKey:
    """The key of a dbt model that feeds a report."""
    return dg.AssetKey(["reports", name])
