"""What people and programs do to quality holds: each act is one transaction, and says whom it touched."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.refusals import refusals
from ingest.retries import retried

TAKING = ("PARTIALLY_RELEASED", "REWORKED", "SCRAPPED", "RETURNED_TO_SUPPLIER")


@dataclass(frozen=True)
class Rule:
    """What a hold covers: a part or a supplier; what is empty is any. Quantities are in base units.

    ``is_open`` says whether it also holds what arrives later; every scope but CELL does unless told otherwise.
    ``includes_unknown`` covers stock whose lot, supplier or date of manufacture nobody knows.
    """

    hold_number: str
    scope_code: str
    hold_reason_code: str
    part_id: UUID | None = None
    garage_code: str | None = None
    condition_code: str | None = None
    lot_number: str | None = None
    quantity: Decimal | None = None
    supplier_code: str | None = None
    lot_from_number: str | None = None
    lot_to_number: str | None = None
    manufactured_from_on: date | None = None
    manufactured_to_on: date | None = None
    includes_unknown: bool = False
    is_open: bool | None = None
    campaign_number: str | None = None
    severity_code: str = "MEDIUM"
    due_at: datetime | None = None
    reason: str | None = None
    evidence_ref: str | None = None


@dataclass(frozen=True)
class Cells:
    """Which cells of a hold an act is about; what is empty is any."""

    garage_code: str | None = None
    part_id: UUID | None = None
    condition_code: str | None = None
    lot_number: str | None = None


@dataclass(frozen=True)
class Finding:
    """What was found and why. The same ``operation_id`` on the same hold again answers as the first time."""

    operation_id: str | None = None
    reason: str | None = None
    inspector: str | None = None
    verdict_code: str | None = None
    disposition_code: str | None = None
    supplier_claim_number: str | None = None
    evidence_ref: str | None = None


@dataclass(frozen=True)
class Answer:
    """What an act entered, cell by cell, and the reservations that it moved."""

    hold_number: str
    events: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)

    @property
    def quantity(self) -> Decimal:
        """Units that the act is about, in base units."""
        return sum((event["quantity"] for event in self.events), Decimal(0))


_EVENT_COLUMNS = (
    "events.hold_number, events.sequence_number, events.event_type_code, events.garage_code, events.part_id,"
    " parts.brand_code, parts.part_number, events.condition_code, events.lot_number, events.quantity, events.due_at,"
    " events.verdict_code, events.reason, events.event_at, events.actor, events.recorded_at"
)
_PARTS = """
left join lateral (
    select brand_code, part_number from catalogue.parts
    where parts.part_id = events.part_id
    order by valid_from_at desc, revision_number desc
    limit 1
) as parts on true
order by events.garage_code, parts.brand_code, parts.part_number, events.lot_number nulls first, events.condition_code,
    events.sequence_number
"""
# Lost is what left its cell by this act, gained what it found in another one in the same transaction.
_MOVED = """
select changed.reservation_number, states.garage_code, states.work_order_number, states.work_order_line,
    changed.lost_quantity, changed.gained_quantity, states.reserved_quantity, states.backordered_quantity,
    changed.shortage_reason_code
from (
    select reservation_number,
        coalesce(-sum(peg_quantity) filter (where peg_quantity < 0), 0) as lost_quantity,
        coalesce(sum(peg_quantity) filter (where peg_quantity > 0), 0) as gained_quantity,
        max(shortage_reason_code) as shortage_reason_code
    from (
        select * from reservation.events
        where caused_by_code = 'HOLD' and caused_by_number = any(%(numbers)s) and recorded_at = any(%(moments)s)
        union all
        -- Units that left stock out of a hold.
        select * from reservation.events
        where caused_by_code = 'MOVEMENT' and caused_by_number = any(%(numbers)s) and recorded_at = any(%(moments)s)
            and garage_code = any(%(garages)s) and part_id = any(%(parts)s)
    ) as events
    group by reservation_number
    having bool_or(peg_quantity <> 0)
) as changed
inner join reservation.states using (reservation_number)
order by changed.reservation_number
"""


def place(connection: psycopg.Connection, rule: Rule, actor: str, at: datetime | None = None) -> Answer:
    """Place a hold on every cell that its rule covers; the same number again answers as the first time."""
    values = {**asdict(rule), "actor": actor, **({"placed_at": at} if at else {})}
    return _act(connection, "place", rule.hold_number, values)


def take(
    connection: psycopg.Connection,
    hold_number: str,
    event_type_code: str,
    actor: str,
    quantity: Decimal | None = None,
    cells: Cells | None = None,
    finding: Finding | None = None,
    at: datetime | None = None,
) -> Answer:
    """Take units out of a hold by one of ``TAKING``; all that is open where no quantity is named."""
    values = {**asdict(cells or Cells()), "event_type_code": event_type_code, "quantity": quantity}
    return _act(connection, "take", hold_number, _with(values, finding, actor, at))


def release(
    connection: psycopg.Connection,
    hold_number: str,
    actor: str,
    finding: Finding | None = None,
    at: datetime | None = None,
) -> Answer:
    """Release a hold as a whole, and hold nothing of what arrives from now on."""
    return _act(connection, "release", hold_number, _with({}, finding, actor, at))


def extend(
    connection: psycopg.Connection,
    hold_number: str,
    due_at: datetime,
    actor: str,
    cells: Cells | None = None,
    finding: Finding | None = None,
    at: datetime | None = None,
) -> Answer:
    """Move the moment by which a hold must be decided."""
    values = {**asdict(cells or Cells()), "event_type_code": "EXTENDED", "due_at": due_at}
    return _act(connection, "note", hold_number, _with(values, finding, actor, at))


def inspect(
    connection: psycopg.Connection,
    hold_number: str,
    finding: Finding,
    actor: str,
    cells: Cells | None = None,
    at: datetime | None = None,
) -> Answer:
    """Enter the verdict of an inspector; quantities stay as they are until somebody acts on it."""
    values = {**asdict(cells or Cells()), "event_type_code": "INSPECTED"}
    return _act(connection, "note", hold_number, _with(values, finding, actor, at))


def sweep(connection: psycopg.Connection, now: datetime) -> Answer:
    """Place the automatic holds that are due at ``now``, release those whose cause is gone; twice changes nothing."""
    return _done(connection, "", "select * from quality_hold.sweep(%(now)s)", {"now": now})


def is_sweep_due(connection: psycopg.Connection, now: datetime) -> bool:
    """Whether a sweep at ``now`` would enter anything."""
    return connection.execute("select quality_hold.is_sweep_due(%s)", (now,)).fetchone()[0]


def _with(values: dict[str, Any], finding: Finding | None, actor: str, at: datetime | None) -> dict[str, Any]:
    said = tuple(asdict(finding or Finding()).values())
    return {**values, "finding": said, "actor": actor, **({"happened_at": at} if at else {})}


def _act(connection: psycopg.Connection, function: str, hold_number: str, values: dict[str, Any]) -> Answer:
    values = {"hold_number": hold_number, **values}
    arguments = ", ".join(
        f"{name} => %({name})s" + ("::quality_hold.finding" if name == "finding" else "") for name in values
    )
    return _done(connection, hold_number, f"select * from quality_hold.{function}({arguments})", values)


def _done(connection: psycopg.Connection, hold_number: str, call: str, values: dict[str, Any]) -> Answer:
    def work() -> list[dict[str, Any]]:
        with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(f"select {_EVENT_COLUMNS} from ({call}) as events {_PARTS}", values).fetchall()

    with refusals():
        events = retried(work)
    return Answer(hold_number, events, moved_by(connection, events))


def moved_by(connection: psycopg.Connection, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reservations that lost or gained units by these events of holds, with what they wait for now."""
    keys = {
        "numbers": sorted({event["hold_number"] for event in events}),
        "moments": sorted({event["recorded_at"] for event in events}),
        "garages": sorted({event["garage_code"] for event in events}),
        "parts": sorted({event["part_id"] for event in events}),
    }
    if not events:
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_MOVED, keys).fetchall()
