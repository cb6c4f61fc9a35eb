"""The catalogue: garages, suppliers, parts and what is said of them, every version of each; drafts of all that."""

import dagster as dg
import psycopg

from assets.manifest import source_description
from assets.names import (
    DATA_ENGINEERING,
    DRAFT_EVENTS,
    GARAGES,
    PACKS,
    PART_REFERENCES,
    PART_TYPES,
    PARTS,
    STOCKING_POLICIES,
    SUPERSESSION_STATEMENTS,
    SUPERSESSIONS,
    SUPPLIERS,
)
from assets.resources import InventoryDatabase
from assets.shared import entered_asset, feed_asset, proof, store_metadata
from ingest import contracts
from ingest.batches import BatchSummary
from ingest.catalogue.proofs import circles, shared_gtins, unpublished_drafts
from ingest.catalogue.reviewing import waiting_count
from ingest.ledgers import row_count

AUTHORED = "People write it as well: `partsbay catalogue draft`."
REVIEWED = "What files say of successors holds once somebody else approved it: `partsbay catalogue waiting`."


def _waiting(connection: psycopg.Connection, outcomes: list[BatchSummary]) -> dict:
    return {"supersessions_waiting": waiting_count(connection)}


garages = feed_asset(contracts.GARAGES, GARAGES, also=AUTHORED)
suppliers = feed_asset(contracts.SUPPLIERS, SUPPLIERS, also=AUTHORED)
part_types = feed_asset(contracts.PART_TYPES, PART_TYPES, also=AUTHORED)
parts = feed_asset(contracts.PARTS, PARTS, deps=[PART_TYPES], also=f"{AUTHORED} {REVIEWED}", tell=_waiting)
packs = feed_asset(contracts.PACKS, PACKS, deps=[PARTS], also=AUTHORED)
part_references = feed_asset(contracts.REFERENCES, PART_REFERENCES, deps=[PARTS], also=AUTHORED)
supersessions = feed_asset(
    contracts.SUPERSESSIONS, SUPERSESSIONS, deps=[PARTS], also=f"{AUTHORED} {REVIEWED}", tell=_waiting
)
supersession_statements = entered_asset(
    SUPERSESSION_STATEMENTS,
    [PARTS, SUPERSESSIONS],
    "Files of parts and of supersessions state them; `partsbay catalogue approve --batch` and `reject --batch` decide.",
)
stocking_policies = feed_asset(contracts.POLICIES, STOCKING_POLICIES, deps=[GARAGES, PARTS], also=AUTHORED)


@dg.asset(
    key=DRAFT_EVENTS,
    group_name="catalogue",
    owners=[DATA_ENGINEERING],
    kinds={"postgres"},
    deps=[GARAGES, SUPPLIERS, PART_TYPES, PARTS, PACKS, PART_REFERENCES, SUPERSESSIONS, STOCKING_POLICIES],
    description=f"{source_description(DRAFT_EVENTS)}\n\nWritten by `partsbay catalogue`.",
    metadata=store_metadata(DRAFT_EVENTS),
    check_specs=[
        dg.AssetCheckSpec(
            "every_published_draft_has_its_version",
            asset=DRAFT_EVENTS,
            description="What was published is in the catalogue, and nothing else that people wrote is.",
        )
    ],
)
def draft_events(inventory_db: InventoryDatabase) -> dg.MaterializeResult:
    """Nothing to write: the commands wrote it. Counted, and proved complete."""
    with inventory_db.connect() as connection:
        rows = row_count(connection, "catalogue", "draft_events")
        words = "drafts and versions do not match"
        return proof("every_published_draft_has_its_version", rows, unpublished_drafts(connection), words)


@dg.asset_check(asset=SUPERSESSIONS, description="What replaces a part is at no moment replaced by it in turn (F16).")
def no_circle(inventory_db: InventoryDatabase) -> dg.AssetCheckResult:
    """The database refuses a circle; one that an older version let in is found here."""
    with inventory_db.connect() as connection:
        found = circles(connection)
    return dg.AssetCheckResult(passed=not found, metadata={"failed_rows": len(found), "first": str(found[:5])})


@dg.asset_check(asset=PACKS, additional_deps=[PARTS], description="A GTIN belongs to one part or pack.")
def one_owner_a_gtin(inventory_db: InventoryDatabase) -> dg.AssetCheckResult:
    """A line that states the GTIN of another is refused; what came in at the same moment is found here."""
    with inventory_db.connect() as connection:
        found = shared_gtins(connection)
    return dg.AssetCheckResult(passed=not found, metadata={"failed_rows": len(found), "first": "\n".join(found[:5])})
