"""What holds are there, how old they are, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.errors import PartsbayError
from ingest.quality_hold.acts import moved_by

_LIST = """
select states.hold_number, states.campaign_number, min(states.hold_reason_code) as hold_reason_code,
    min(states.severity_code) as severity_code, min(states.scope_code) as scope_code,
    count(distinct states.garage_code) as garage_count, count(*) as cell_count,
    sum(states.open_quantity) as open_quantity, min(states.placed_at) as placed_at, min(states.due_at) as due_at,
    coalesce(min(states.due_at) filter (where states.open_quantity > 0) < now(), false) as is_overdue
from quality_hold.hold_states as states
where (%(garage_code)s::text is null or states.garage_code = %(garage_code)s)
    and (%(part_id)s::uuid is null or states.part_id = %(part_id)s)
    and (%(hold_reason_code)s::text is null or states.hold_reason_code = %(hold_reason_code)s)
    and (%(campaign_number)s::text is null or states.campaign_number = %(campaign_number)s)
group by states.hold_number, states.campaign_number
having not %(is_open)s or sum(states.open_quantity) > 0
order by min(states.due_at) nulls last, states.hold_number
limit %(limit)s
"""
_CELLS = """
select states.*, parts.brand_code, parts.part_number
from quality_hold.hold_states as states
left join lateral (
    select brand_code, part_number from catalogue.parts
    where parts.part_id = states.part_id
    order by valid_from_at desc, revision_number desc
    limit 1
) as parts on true
where states.hold_number = %(hold_number)s
order by states.garage_code, parts.brand_code, parts.part_number, states.lot_number, states.condition_code
"""
_EVENTS = """
select events.hold_number, events.sequence_number, events.event_type_code, events.garage_code, events.part_id,
    events.condition_code, events.lot_number, events.quantity, events.stated_quantity, events.due_at, events.reason,
    events.inspector, events.verdict_code, events.disposition_code, events.supplier_claim_number, events.evidence_ref,
    events.event_at, events.actor, events.source_code, events.recorded_at
from quality_hold.events
where events.hold_number = %(hold_number)s
order by events.event_at, events.garage_code, events.part_id, events.lot_number nulls first, events.sequence_number
"""
_AGEING = """
select bucket_code, hold_reason_code, count(distinct hold_number) as hold_count, sum(open_quantity) as open_quantity,
    count(distinct hold_number) filter (where is_overdue) as overdue_hold_count, max(age_days) as oldest_days
from quality_hold.ageing_at(%(at)s)
where %(garage_code)s::text is null or garage_code = %(garage_code)s
group by bucket_code, hold_reason_code
order by max(age_days) desc, hold_reason_code
"""
_OVERDUE = """
select hold_number, hold_reason_code, severity_code, min(due_at) as due_at, max(overdue_days) as overdue_days,
    sum(open_quantity) as open_quantity, array_agg(distinct garage_code order by garage_code) as garage_codes
from quality_hold.ageing_at(%(at)s)
where is_overdue and (%(garage_code)s::text is null or garage_code = %(garage_code)s)
group by hold_number, hold_reason_code, severity_code
order by min(due_at), hold_number
"""


def holds(
    connection: psycopg.Connection,
    garage_code: str | None = None,
    part_id: UUID | None = None,
    hold_reason_code: str | None = None,
    campaign_number: str | None = None,
    is_open: bool = True,
    limit: int = 1000,
) -> list[dict[str, Any]]:
    """One row per hold, what is due first; closed ones as well where ``is_open`` is false."""
    return _rows(
        connection,
        _LIST,
        {
            "garage_code": garage_code,
            "part_id": part_id,
            "hold_reason_code": hold_reason_code,
            "campaign_number": campaign_number,
            "is_open": is_open,
            "limit": limit,
        },
    )


def hold(connection: psycopg.Connection, hold_number: str) -> dict[str, Any]:
    """The rule of a hold, its cells, its events and the reservations that it ever moved."""
    key = {"hold_number": hold_number}
    rule = _rows(
        connection, "select * from quality_hold.rules where hold_number = %(hold_number)s order by sequence_number", key
    )
    events = _rows(connection, _EVENTS, key)
    if not rule and not events:
        raise PartsbayError("NO_HOLD", f"there is no hold {hold_number}", "See partsbay hold list.")
    for one in rule:
        del one["idempotency_key"], one["payload_hash"]
    return {
        "hold_number": hold_number,
        "rule": rule,
        "cells": _rows(connection, _CELLS, key),
        "events": events,
        "moved": moved_by(connection, events),
    }


def ageing(connection: psycopg.Connection, at: datetime, garage_code: str | None = None) -> list[dict[str, Any]]:
    """Open holds by bucket of age in days and reason, the oldest first."""
    return _rows(connection, _AGEING, {"at": at, "garage_code": garage_code})


def overdue(connection: psycopg.Connection, at: datetime, garage_code: str | None = None) -> list[dict[str, Any]]:
    """Holds that should have been decided by ``at``, the longest overdue first."""
    return _rows(connection, _OVERDUE, {"at": at, "garage_code": garage_code})


def _rows(connection: psycopg.Connection, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchall()
