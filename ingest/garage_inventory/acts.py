"""Receipts, adjustments, transfers, decisions and reversals: each act is one transaction, and all of it or none.

Rules are functions of the database (schema ``garage_inventory``), so that they hold whoever calls. A
refusal raises ``ProtectedError``; an act that loses against another one is done again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.refusals import refusals
from ingest.retries import retried

Row = dict[str, Any]


@dataclass(frozen=True)
class Receipt:
    """One line of a delivery; the same garage, delivery and line again is the same receipt. Without a moment: now."""

    delivery_number: str
    garage_code: str
    part_id: UUID
    quantity: Decimal
    delivery_line: str = "1"
    uom_code: str = "EA"
    lot_number: str | None = None
    condition_code: str = "NEW"
    expires_on: date | None = None
    manufactured_on: date | None = None
    supplier_code: str | None = None
    purchase_order_number: str | None = None
    purchase_order_line: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True)
class Adjustment:
    """One line of an adjustment, IN or OUT; with ``to_condition_code`` the units stay, in another condition."""

    adjustment_number: str
    garage_code: str
    part_id: UUID
    direction_code: str
    quantity: Decimal
    adjustment_reason_code: str
    adjustment_line: str = "1"
    uom_code: str = "EA"
    reason_note: str | None = None
    lot_number: str | None = None
    condition_code: str = "NEW"
    to_condition_code: str | None = None
    evidence_ref: str | None = None
    count_number: str | None = None
    adjusted_at: datetime | None = None


@dataclass(frozen=True)
class Transfer:
    """Units of a part that one garage is asked to send to another, for a reservation or for stock."""

    transfer_number: str
    from_garage_code: str
    to_garage_code: str
    part_id: UUID
    quantity: Decimal
    uom_code: str = "EA"
    condition_code: str = "NEW"
    lot_number: str | None = None
    reservation_number: str | None = None
    due_at: datetime | None = None
    reason: str | None = None
    requested_at: datetime | None = None


@dataclass(frozen=True)
class Leg:
    """What is shipped or received of a transfer: all that is open unless a quantity is named, in base units.

    The same ``operation_number`` on the same transfer again answers as the first time.
    """

    transfer_number: str
    quantity: Decimal | None = None
    lot_number: str | None = None
    operation_number: str | None = None


def receive(connection: psycopg.Connection, receipt: Receipt, actor: str) -> Row:
    """Take a line of a delivery into stock; whoever waits for the part is served in the same transaction."""
    return _act(connection, "receive", asdict(receipt), actor)[0]


def adjust(connection: psycopg.Connection, adjustment: Adjustment, actor: str) -> Row:
    """Enter an adjustment; its ``approval_code`` says whether it moved stock (AUTO) or waits for somebody (PENDING)."""
    return _act(connection, "adjust", asdict(adjustment), actor, adjustment.reason_note)[0]


def decide(connection: psycopg.Connection, line_id: UUID, decision_code: str, reason: str, actor: str) -> Row:
    """APPROVED moves the stock of a pending adjustment line, REJECTED never will; nobody decides about their own."""
    values = {"adjustment_line_id": line_id, "decision_code": decision_code, "reason": reason}
    return _act(connection, "decide", values, actor, reason)[0]


def reverse(connection: psycopg.Connection, line_code: str, line_id: UUID, reason: str, actor: str) -> Row:
    """Undo a line of USAGE, ADJUSTMENT or RECEIPT by its opposite, at its own moment, once only."""
    return _act(connection, "reverse", {"line_code": line_code, "line_id": line_id, "reason": reason}, actor, reason)[0]


def request_transfer(connection: psycopg.Connection, transfer: Transfer, actor: str) -> Row:
    """Ask a garage to send units to another; the state of the transfer."""
    return _act(connection, "request_transfer", asdict(transfer), actor, transfer.reason)[0]


def ship(connection: psycopg.Connection, leg: Leg, actor: str, at: datetime | None = None) -> list[Row]:
    """Send units on their way; one event per lot that was taken."""
    return _act(connection, "ship", {**asdict(leg), "shipped_at": at}, actor)


def arrive(connection: psycopg.Connection, leg: Leg, actor: str, at: datetime | None = None) -> list[Row]:
    """Take units of a transfer into stock; one event per lot. What is missing stays in transit."""
    return _act(connection, "arrive", {**asdict(leg), "received_at": at}, actor)


def declare_short(
    connection: psycopg.Connection, transfer_number: str, reason: str, actor: str, quantity: Decimal | None = None
) -> list[Row]:
    """Take units that never arrived out of transit; the adjustment lines, which may wait for approval."""
    values = {"transfer_number": transfer_number, "reason": reason, "quantity": quantity}
    return _act(connection, "declare_short", values, actor, reason)


def cancel_transfer(connection: psycopg.Connection, transfer_number: str, reason: str, actor: str) -> list[Row]:
    """Give up what a transfer has not shipped."""
    return _act(connection, "cancel_transfer", {"transfer_number": transfer_number, "reason": reason}, actor, reason)


def _act(
    connection: psycopg.Connection, function: str, values: dict[str, Any], actor: str, reason: str | None = None
) -> list[Row]:
    """The answer of a function; what is None is left to its default."""
    given = {name: value for name, value in {**values, "actor": actor}.items() if value is not None}
    arguments = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in given
    )
    call = sql.SQL("select * from {}({})").format(sql.Identifier("garage_inventory", function), arguments)

    def work() -> list[Row]:
        with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            attribute(cursor, actor, reason)
            return cursor.execute(call, given).fetchall()

    with refusals():
        return retried(work)
