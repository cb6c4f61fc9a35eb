"""What suppliers say: prices with their terms, and availability."""

from assets.names import AVAILABILITY, OFFERS, PARTS, SUPPLIERS
from assets.shared import feed_asset
from ingest import contracts

supplier_offers = feed_asset(contracts.SUPPLIER_PRICE, OFFERS, deps=[SUPPLIERS, PARTS])
supplier_availability = feed_asset(contracts.SUPPLIER_AVAILABILITY, AVAILABILITY, deps=[SUPPLIERS, PARTS])
