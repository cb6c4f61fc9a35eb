"""Reservations as their events; the state of a reservation is the fold of them."""

from assets.names import GARAGES, PARTS, RESERVATION_EVENTS
from assets.shared import feed_asset
from ingest import contracts

reservation_events = feed_asset(contracts.RESERVATION, RESERVATION_EVENTS, deps=[GARAGES, PARTS])
