"""What a reservation has and what stands in the way of the rest, as the database answers and in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ingest.quantities import plain

# The words of the trade for why something is short, as a person says them.
REASONS = {
    "ON_HOLD": "stock is on quality hold",
    "RESERVED_FOR_OTHER": "stock is reserved for others",
    "NOT_STOCKED": "the garage has never stocked it",
    "STOCKOUT": "the garage has none",
    "SUPERSEDED_NO_STOCK": "the garage has none, and the part was replaced",
    "LOW_STOCK": "the garage has fewer than are asked for, or none that keeps long enough",
}


@dataclass(frozen=True)
class Answer:
    """What became of a reservation; quantities in base units.

    ``pegs`` are the cells that its units lie in. ``shortage_reason_code`` and ``obstacles`` say
    why the rest waits: holds and other reservations with their quantities, the largest first, or what
    replaces the part.
    """

    reservation_number: str
    status_code: str
    garage_code: str
    part_id: str
    work_order_number: str
    work_order_line: str
    need_by_at: str | None
    expires_at: str | None
    requested_quantity: Decimal
    reserved_quantity: Decimal
    backordered_quantity: Decimal
    consumed_quantity: Decimal
    pegs: list[dict[str, Any]]
    shortage_reason_code: str | None
    obstacles: list[dict[str, Any]]

    @classmethod
    def read(cls, text: str) -> Answer:
        """The answer that the database gave as JSON text; numbers stay exact."""
        return cls(**json.loads(text, parse_float=Decimal, parse_int=Decimal))

    @property
    def why(self) -> str | None:
        """Why the rest waits, in words; None where nothing waits."""
        return shortage_in_words(self.shortage_reason_code, self.obstacles) if self.shortage_reason_code else None


def shortage_in_words(reason_code: str, obstacles: list[Mapping[str, Any]]) -> str:
    """A shortage and what stands in its way, in one sentence."""
    words = REASONS.get(reason_code, reason_code)
    return f"{words}: {', '.join(map(_obstacle, obstacles))}" if obstacles else words


def _obstacle(obstacle: Mapping[str, Any]) -> str:
    if "hold_number" in obstacle:
        return f"hold {obstacle['hold_number']} ({obstacle['hold_reason_code']}) of {plain(obstacle['quantity'])}"
    if "successor_part_id" in obstacle:
        factor = plain(obstacle["conversion_quantity"])
        each = "" if factor == "1" else f", {factor} for one"
        part = f"{obstacle['brand_code']} {obstacle['part_number']}"
        return f"by {part}{each}, of which {plain(obstacle['quantity'])} are available here"
    return f"reservation {obstacle['reservation_number']} has {plain(obstacle['quantity'])}"
