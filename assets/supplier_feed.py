"""What suppliers say: prices with their terms, availability, articles, interchanges; what follows from all of it."""

import dagster as dg

from assets.manifest import source_description
from assets.names import (
    ARTICLES,
    AVAILABILITY,
    DATA_ENGINEERING,
    FULL_LISTINGS,
    INTERCHANGES,
    LINE_HOLDS,
    OFFERS,
    PARTS,
    SUPPLIERS,
)
from assets.resources import InventoryDatabase
from assets.shared import feed_asset, proof, store_metadata
from ingest import contracts
from ingest.feed_rules.proofs import holds_without_line, unlisted_batches
from ingest.ledgers import row_count

supplier_offers = feed_asset(contracts.SUPPLIER_PRICE, OFFERS, deps=[SUPPLIERS, PARTS])
supplier_availability = feed_asset(contracts.SUPPLIER_AVAILABILITY, AVAILABILITY, deps=[SUPPLIERS, PARTS])
supplier_articles = feed_asset(contracts.SUPPLIER_CATALOGUE, ARTICLES, deps=[SUPPLIERS, PARTS])
supplier_interchanges = feed_asset(contracts.SUPPLIER_INTERCHANGE, INTERCHANGES, deps=[SUPPLIERS, PARTS])


@dg.asset(
    key=FULL_LISTINGS,
    group_name="supplier_feed",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[OFFERS, AVAILABILITY, ARTICLES],
    description=f"{source_description(FULL_LISTINGS)}\n\nWritten in the transaction of the FULL file.",
    metadata=store_metadata(FULL_LISTINGS),
    check_specs=[
        dg.AssetCheckSpec(
            "every_full_file_is_listed",
            asset=FULL_LISTINGS,
            description="Every accepted FULL file of prices, availability or articles has its list.",
        )
    ],
)
def full_listings(inventory_db: InventoryDatabase) -> dg.MaterializeResult:
    """Nothing to write: the files wrote it. Counted, and proved complete."""
    with inventory_db.connect() as connection:
        rows = row_count(connection, "supplier_feed", "full_listings")
        return proof("every_full_file_is_listed", rows, unlisted_batches(connection), "FULL files have no list")


@dg.asset(
    key=LINE_HOLDS,
    group_name="supplier_feed",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[OFFERS, ARTICLES],
    description=f"{source_description(LINE_HOLDS)}\n\nWritten in the transaction of the lines.",
    metadata=store_metadata(LINE_HOLDS),
    check_specs=[
        dg.AssetCheckSpec(
            "every_hold_has_its_line", asset=LINE_HOLDS, description="Every hold is of a line that is stored."
        )
    ],
)
def line_holds(inventory_db: InventoryDatabase) -> dg.MaterializeResult:
    """Nothing to write: the lines wrote it. Counted, and proved."""
    with inventory_db.connect() as connection:
        rows = row_count(connection, "supplier_feed", "line_holds")
        return proof("every_hold_has_its_line", rows, holds_without_line(connection), "holds have no line")
