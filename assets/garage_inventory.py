"""What garages say of their stock: counts, usage and adjustments, and the movements that follow from them."""

import dagster as dg

from assets.manifest import source_description
from assets.names import ADJUSTMENTS, COUNTS, DATA_ENGINEERING, GARAGES, MOVEMENTS, PARTS, USAGE_LINES
from assets.resources import InventoryDatabase
from assets.shared import feed_asset, proof, store_metadata
from ingest import contracts
from ingest.ledgers import missing_movements, row_count

stock_counts = feed_asset(contracts.STOCK_COUNT, COUNTS, deps=[GARAGES, PARTS])
usage_lines = feed_asset(
    contracts.USAGE,
    USAGE_LINES,
    deps=[GARAGES, PARTS],
    also="Lines that move stock also make a movement.",
)
adjustments = feed_asset(
    contracts.ADJUSTMENT, ADJUSTMENTS, deps=[GARAGES, PARTS], also="Approved lines also make a movement."
)


@dg.asset(
    key=MOVEMENTS,
    group_name="garage_inventory",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[USAGE_LINES, ADJUSTMENTS],
    description=f"{source_description(MOVEMENTS)}\n\n"
    "Written in the transaction of the usage or adjustment line that caused it.",
    metadata=store_metadata(MOVEMENTS),
    check_specs=[
        dg.AssetCheckSpec(
            "one_movement_a_line",
            asset=MOVEMENTS,
            description="Every line that moves stock has exactly its movement, and no movement is without its line.",
        )
    ],
)
def movements(inventory_db: InventoryDatabase) -> dg.MaterializeResult:
    """Nothing to write: the lines wrote it. Counted, and proved complete."""
    with inventory_db.connect() as connection:
        rows = row_count(connection, "garage_inventory", "movements")
        return proof("one_movement_a_line", rows, missing_movements(connection), "lines and movements do not match")
