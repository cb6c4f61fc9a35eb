"""Events of a reservation and its place in the queue, as a person says them."""

from __future__ import annotations

from typing import Any

from ingest.quantities import plain
from ingest.reservation.answers import shortage_in_words

_CAUSES = {
    "REQUEST": "request", "MOVEMENT": "document", "COUNT": "count", "HOLD": "hold", "LOT": "lot", "EXPIRY": "lapse of",
    "TRANSFER": "transfer", "WORK_ORDER": "work order", "PICK": "pick for", "RELEASE": "release of",
    "CANCEL": "cancelling of", "CONSUME": "use of", "EXTEND": "change of",
}  # fmt: skip


def event_in_words(event: dict[str, Any]) -> str:
    """What happened, to how many units, where, why, by whom."""
    parts = [f"{event['event_type_code']} {plain(event['quantity'])}{_place(event)}"]
    if event["shortage_reason_code"]:
        parts.append(shortage_in_words(event["shortage_reason_code"], event["obstacles"] or []))
    if event["reason"]:
        parts.append(event["reason"])
    if event["caused_by_number"]:
        parts.append(f"{_CAUSES.get(event['caused_by_code'], event['caused_by_code'])} {event['caused_by_number']}")
    return f"{'; '.join(parts)}  ({event['actor']})"


def _place(event: dict[str, Any]) -> str:
    if not event["peg_quantity"]:
        return ""
    lot = f" lot {event['lot_number']}" if event["lot_number"] else ""
    return f" {'from' if event['peg_quantity'] < 0 else 'in'} {event['peg_garage_code']}{lot}"


def ahead_in_words(ahead: list[dict[str, Any]]) -> str:
    """Who is served before it."""
    if not ahead:
        return "Nobody is served before it."
    named = ", ".join(f"{one['reservation_number']} ({plain(one['backordered_quantity'])})" for one in ahead)
    return f"Served before it: {named}."
