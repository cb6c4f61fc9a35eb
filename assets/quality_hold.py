"""Quality holds as their events; the open quantity of a hold is the fold of them."""

from assets.names import GARAGES, HOLD_EVENTS, PARTS
from assets.shared import feed_asset
from ingest import contracts

quality_hold_events = feed_asset(contracts.QUALITY_HOLD, HOLD_EVENTS, deps=[GARAGES, PARTS])
