"""The catalogue: garages, suppliers and parts, every version of each."""

from assets.names import GARAGES, PARTS, SUPPLIERS
from assets.shared import feed_asset
from ingest import contracts

garages = feed_asset(contracts.GARAGES, GARAGES)
suppliers = feed_asset(contracts.SUPPLIERS, SUPPLIERS)
parts = feed_asset(contracts.PARTS, PARTS)
