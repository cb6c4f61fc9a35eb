"""What a planner decided, in one line: the same words wherever acts are listed."""

from __future__ import annotations

from typing import Any

from ingest.quantities import plain


def told(act: dict[str, Any]) -> str:
    """The act, its quantity and day, who and when, whether it still counts, and why."""
    of = f" {plain(act['quantity'])}" if act["quantity"] is not None else ""
    until = f" until {act['until_on']}" if act["until_on"] else ""
    state = " (undone)" if act["is_undone"] else "" if act["counts"] else " (over)"
    reason = f": {act['reason']}" if act["reason"] else ""
    return f"{act['act_code']}{of}{until} by {act['actor']} at {act['event_at']:%Y-%m-%d %H:%M}{state}{reason}"
