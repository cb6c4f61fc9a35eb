"""Asset keys, groups and owners: the words that assets, checks and jobs share."""

from __future__ import annotations

import dagster as dg

DATA_ENGINEERING = "team:data-engineering"
PLANNING = "team:planning"

BATCHES = dg.AssetKey(["ingest", "batches"])
FEED_ARRIVALS = dg.AssetKey(["ingest", "feed_arrivals"])
DATA_DOCS = dg.AssetKey(["operations", "data_docs"])
OUTCOMES = dg.AssetKey(["operations", "outcomes"])
GARAGES = dg.AssetKey(["catalogue", "garages"])
SUPPLIERS = dg.AssetKey(["catalogue", "suppliers"])
PARTS = dg.AssetKey(["catalogue", "parts"])
PART_TYPES = dg.AssetKey(["catalogue", "part_types"])
PACKS = dg.AssetKey(["catalogue", "packs"])
PART_REFERENCES = dg.AssetKey(["catalogue", "part_references"])
SUPERSESSIONS = dg.AssetKey(["catalogue", "supersessions"])
SUPERSESSION_STATEMENTS = dg.AssetKey(["catalogue", "supersession_statements"])
STOCKING_POLICIES = dg.AssetKey(["catalogue", "stocking_policies"])
DRAFT_EVENTS = dg.AssetKey(["catalogue", "draft_events"])
OFFERS = dg.AssetKey(["supplier_feed", "offers"])
AVAILABILITY = dg.AssetKey(["supplier_feed", "availability"])
ARTICLES = dg.AssetKey(["supplier_feed", "articles"])
INTERCHANGES = dg.AssetKey(["supplier_feed", "interchanges"])
FULL_LISTINGS = dg.AssetKey(["supplier_feed", "full_listings"])
LINE_HOLDS = dg.AssetKey(["supplier_feed", "line_holds"])
COUNTS = dg.AssetKey(["garage_inventory", "counts"])
COUNT_EVENTS = dg.AssetKey(["garage_inventory", "count_events"])
USAGE_LINES = dg.AssetKey(["garage_inventory", "usage_lines"])
ADJUSTMENTS = dg.AssetKey(["garage_inventory", "adjustments"])
MOVEMENTS = dg.AssetKey(["garage_inventory", "movements"])
RECEIPTS = dg.AssetKey(["garage_inventory", "receipts"])
LOTS = dg.AssetKey(["garage_inventory", "lots"])
APPROVALS = dg.AssetKey(["garage_inventory", "approvals"])
REVERSALS = dg.AssetKey(["garage_inventory", "reversals"])
TRANSFER_EVENTS = dg.AssetKey(["garage_inventory", "transfer_events"])
RESERVATION_EVENTS = dg.AssetKey(["reservation", "events"])
RESERVATION_STATES = dg.AssetKey(["reservation", "states"])
HOLD_EVENTS = dg.AssetKey(["quality_hold", "events"])
HOLD_RULES = dg.AssetKey(["quality_hold", "rules"])
AUTOMATIC_RULES = dg.AssetKey(["quality_hold", "automatic_rules"])
REASON_LIMITS = dg.AssetKey(["quality_hold", "reason_limits"])
CALLBACKS = dg.AssetKey(["quality_hold", "callbacks"])
FORECASTS = dg.AssetKey(["replenishment", "forecasts"])
TRANSFER_ROUTES = dg.AssetKey(["replenishment", "transfer_routes"])
DEMAND_UPLIFTS = dg.AssetKey(["replenishment", "demand_uplifts"])
PLANNER_ACTS = dg.AssetKey(["replenishment", "planner_acts"])
PROPOSALS = dg.AssetKey(["replenishment", "proposals"])
ACKNOWLEDGEMENTS = dg.AssetKey(["replenishment", "acknowledgements"])
SUPPLIER_TERMS = dg.AssetKey(["replenishment", "supplier_terms"])
SHIPMENT_LINES = dg.AssetKey(["replenishment", "shipment_lines"])
AUDIT_RECORDS = dg.AssetKey(["audit", "records"])
AUDIT_ANCHORS = dg.AssetKey(["audit", "anchors"])
STOCK_POSITIONS = dg.AssetKey(["serving", "stock_positions"])
REPLENISHMENT_NEEDS = dg.AssetKey(["serving", "replenishment_needs"])
WAREHOUSE_MARTS = dg.AssetKey(["warehouse", "marts"])
PARQUET_EXPORT = dg.AssetKey(["warehouse", "parquet"])
REPORT = dg.AssetKey(["replenishment", "report"])

# The store tables that files fill: what stands on all of them names them once.
FEEDS = (
    GARAGES, SUPPLIERS, SUPPLIER_TERMS, PART_TYPES, PARTS, PACKS, PART_REFERENCES, SUPERSESSIONS, STOCKING_POLICIES,
    OFFERS, AVAILABILITY, ARTICLES, INTERCHANGES, ACKNOWLEDGEMENTS, SHIPMENT_LINES, COUNTS, RECEIPTS, USAGE_LINES,
    ADJUSTMENTS, RESERVATION_EVENTS, HOLD_EVENTS,
)  # fmt: skip


def mart(name: str) -> dg.AssetKey:
    """The key of a mart on the primary region."""
    return dg.AssetKey(["marts", name])


def report_model(name: str) -> dg.AssetKey:
    """The key of a dbt model that feeds a report."""
    return dg.AssetKey(["reports", name])
