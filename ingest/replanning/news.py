"""The ledgers that a plan hangs on, and how far what is new in one of them reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reach(Enum):
    """What has to be planned again for a row that was recorded since."""

    CELL = "its garage and its part"
    LOT = "its part, in every garage that has the lot"
    RESERVATION = "garages and parts of the reservation"
    WHOLE = "garages and parts for which a model of few rows then says something else"
    NETWORK = "every part, so that a refresh is wanted"


@dataclass(frozen=True)
class Ledger:
    """A table with ``recorded_at``; ``word`` is what its rows are counted as, and without one they are not."""

    table: str
    reach: Reach
    word: str | None = None


LEDGERS = (
    Ledger("garage_inventory.usage_lines", Reach.CELL, "usage"),
    Ledger("garage_inventory.movements", Reach.CELL, "stock"),
    Ledger("garage_inventory.counts", Reach.CELL, "stock"),
    # A receipt is a movement, too, and an order line that is due no more.
    Ledger("garage_inventory.receipts", Reach.WHOLE, "stock"),
    Ledger("garage_inventory.reversals", Reach.CELL, "stock"),
    Ledger("garage_inventory.lots", Reach.LOT, "stock"),
    Ledger("garage_inventory.transfer_events", Reach.WHOLE, "transfers"),
    Ledger("reservation.events", Reach.RESERVATION, "reservations"),
    Ledger("quality_hold.events", Reach.WHOLE, "holds"),
    Ledger("replenishment.planner_acts", Reach.WHOLE, "decisions"),
    Ledger("replenishment.order_lines", Reach.WHOLE, "orders"),
    # What is cancelled or closed does not come.
    Ledger("replenishment.order_events", Reach.WHOLE, "orders"),
    Ledger("replenishment.acknowledgements", Reach.WHOLE, "orders"),
    Ledger("replenishment.shipment_lines", Reach.WHOLE, "orders"),
    Ledger("catalogue.garages", Reach.NETWORK),
    Ledger("catalogue.suppliers", Reach.NETWORK),
    Ledger("catalogue.parts", Reach.NETWORK),
    Ledger("catalogue.supersessions", Reach.NETWORK),
    Ledger("catalogue.stocking_policies", Reach.NETWORK),
    Ledger("replenishment.demand_uplifts", Reach.NETWORK),
    Ledger("replenishment.supplier_terms", Reach.NETWORK),
    Ledger("replenishment.transfer_routes", Reach.NETWORK),
    Ledger("supplier_feed.line_holds", Reach.NETWORK),
)

# Of a garage and a part as well, and no plan hangs on them: why.
NO_NEWS = {
    "audit.entries": "its reservation has events",
    "garage_inventory.adjustments": "moves stock by movements, once it may",
    "garage_inventory.count_events": "what was counted is in counts",
    "quality_hold.rules": "holds by events",
    "replenishment.forecasts": "made while planning",
    "replenishment.proposals": "made by the plan",
}


def of_reach(reach: Reach) -> tuple[str, ...]:
    """The tables whose rows reach so far."""
    return tuple(ledger.table for ledger in LEDGERS if ledger.reach is reach)


def by_word() -> dict[str, tuple[str, ...]]:
    """What is counted, and in which tables."""
    words = dict.fromkeys(ledger.word for ledger in LEDGERS if ledger.word)
    return {word: tuple(ledger.table for ledger in LEDGERS if ledger.word == word) for word in words}
