"""Whether a file that is still there as it was may be read: never half of it."""

from __future__ import annotations

from datetime import datetime

from ingest.arrival.inboxes import Complete


def settled(rule: Complete, changed_at: float | None, first_seen_at: datetime | None, now: datetime) -> bool:
    """Whether a file counts as complete by its time stamp or by how long it was seen unchanged.

    ``first_seen_at`` is the earlier look that already found it as it is now. A time stamp in
    the future says nothing, and must not keep a file waiting for ever.
    """
    if rule.rule in ("at_once", "manifest"):
        return True
    if first_seen_at is not None and (now - first_seen_at).total_seconds() >= rule.settle_seconds:
        return True
    if rule.rule == "two_looks" or changed_at is None:
        return False
    age = now.timestamp() - changed_at
    return age >= rule.settle_seconds or age < -1.0
