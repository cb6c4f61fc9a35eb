"""Which stock is to be counted next, and the sheet that a garage counts by; what becomes of it says ``count_work``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest.exports import csv_bytes

_FIRST = """
select plan.*, parts.brand_code, parts.part_number, parts.description
from garage_inventory.counting_plan_at(%(at)s) as plan
inner join catalogue.parts_at(%(at)s) as parts using (part_id)
where plan.garage_code = coalesce(%(garage_code)s, plan.garage_code)
order by plan.reason_code <> 'RECOUNT', plan.due_on, plan.stocking_class_code, plan.value_amount desc nulls last,
    plan.garage_code, parts.brand_code, parts.part_number
limit %(limit)s
"""
# Blind: a line for each place where something may lie, and no word of how much. An empty part has one line.
_SHEET = """
select tasks.count_number, tasks.garage_code, parts.brand_code, parts.part_number, cells.lot_number,
    coalesce(cells.condition_code, 'NEW'), null, parts.base_uom_code, null, null,
    least(greatest(tasks.round_count, (tasks.reason_code = 'RECOUNT')::integer) + 1, 3), 'true'
from garage_inventory.count_tasks as tasks
inner join catalogue.parts_at() as parts using (part_id)
left join garage_inventory.cells on (cells.part_id, cells.garage_code) = (tasks.part_id, tasks.garage_code)
    and cells.on_hand_quantity <> 0 and cells.condition_code <> 'IN_TRANSIT'
where tasks.garage_code = %(garage_code)s and tasks.state_code in ('REQUESTED', 'COUNTING', 'INVESTIGATING')
order by tasks.requested_at, parts.brand_code, parts.part_number, cells.condition_code, cells.lot_number
"""
COLUMNS = (
    "count_number", "garage_code", "brand_code", "part_number", "lot_number", "condition_code", "counted_quantity",
    "uom_code", "counted_at", "actor", "count_round", "is_blind",
)  # fmt: skip


def to_count(
    connection: psycopg.Connection, garage_code: str | None = None, limit: int = 50, at: datetime | None = None
) -> list[dict[str, Any]]:
    """Parts that are to be counted by a moment, now unless given: recounts first, then what is due for longest."""
    values = {"garage_code": garage_code, "limit": limit, "at": at or datetime.now(UTC)}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_FIRST, values).fetchall()


def sheet(connection: psycopg.Connection, garage_code: str) -> bytes:
    """All that a garage has yet to count, or to count again, as a file of the kind ``stock_count``, in CSV.

    It says nothing of what is expected. Quantity, moment and counter are empty: a line that is not filled in is
    refused, and counts nothing.
    """
    return csv_bytes(COLUMNS, connection.execute(_SHEET, {"garage_code": garage_code}).fetchall())
