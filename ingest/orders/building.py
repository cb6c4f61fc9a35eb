"""Approved lines become lines of purchase orders, or requests for a transfer: each exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import psycopg

from ingest.errors import PartsbayError
from ingest.planning.queue import Consumed, Message, consume

TOPIC = "replenishment.order"
_PER_CLAIM = 100

# Who changes an order waits for whoever does: numbers count on, nothing joins an order that is written or ended.
LOCK_ORDERS = "select pg_advisory_xact_lock(hashtext('replenishment.purchase_orders'))"
# Of ``lines`` those that nobody gave up by themselves.
LINE_STANDS = """not exists (
    select from replenishment.order_events as events
    where (events.purchase_order_number, events.line_number) = (lines.purchase_order_number, lines.line_number)
)"""
_OPEN_ORDER = f"""
select purchase_order_number
from replenishment.purchase_orders as orders
where (supplier_code, garage_code, order_type_code, currency_code)
    = (%(supplier_code)s, %(garage_code)s, %(order_type_code)s, %(currency_code)s)
    and not exists (
        select from replenishment.order_events as events
        where events.purchase_order_number = orders.purchase_order_number
            and event_type_code in ('FILED', 'SENT', 'CANCELLED', 'CLOSED') and line_number is null
    )
    -- Answers, notices and receipts often name the part alone: an order has it once.
    and not exists (
        select from replenishment.order_lines as lines
        where lines.purchase_order_number = orders.purchase_order_number and lines.part_id = %(ordered_part_id)s
            and {LINE_STANDS}
    )
order by serial_number
limit 1
"""
_NEW_ORDER = """
with numbered as (
    select replenishment.next_number(
        max(serial_number), (array_agg(region_key order by serial_number desc))[1]
    ) as serial_number
    from replenishment.purchase_orders
),

made as (
    insert into replenishment.purchase_orders (purchase_order_number, serial_number, supplier_code, garage_code,
        order_type_code, currency_code, created_at, actor)
    select 'PO' || lpad(serial_number::text, 8, '0'), serial_number, %(supplier_code)s, %(garage_code)s,
        %(order_type_code)s, %(currency_code)s, %(approved_at)s, %(actor)s
    from numbered
    returning purchase_order_number
)

select purchase_order_number from made
"""
_CREATED = """
insert into replenishment.order_events (purchase_order_number, sequence_number, event_type_code, event_at, actor)
values (%(purchase_order_number)s, 1, 'CREATED', %(approved_at)s, %(actor)s)
"""
_LINE = """
insert into replenishment.order_lines (purchase_order_number, line_number, act_id, proposal_id, revision_number,
    garage_code, part_id, brand_code, part_number, description, supplier_part_number, ordered_quantity, uom_code,
    pack_quantity, pack_count, unit_price_amount, need_by_on, expected_on, created_at, actor)
select %(purchase_order_number)s,
    (select coalesce(max(line_number), 0) + 1 from replenishment.order_lines
    where order_lines.purchase_order_number = %(purchase_order_number)s),
    %(act_id)s, %(proposal_id)s, %(revision_number)s, %(garage_code)s, parts.part_id, parts.brand_code,
    parts.part_number, parts.description, %(supplier_part_number)s, %(quantity)s, parts.base_uom_code,
    %(pack_quantity)s, %(quantity)s::numeric / %(pack_quantity)s, %(unit_price_amount)s, %(need_by_on)s,
    %(expected_on)s, %(approved_at)s, %(actor)s
from catalogue.parts
where parts.part_id = %(ordered_part_id)s
order by valid_from_at desc
limit 1
on conflict (act_id) do nothing
"""
_TRANSFER = """
select garage_inventory.request_transfer(%(transfer_number)s, %(from_garage_code)s, %(garage_code)s, %(part_id)s,
    %(quantity)s::numeric, (
        select base_uom_code from catalogue.parts where parts.part_id = %(part_id)s order by valid_from_at desc limit 1
    ), %(actor)s, due_at => %(expected_on)s::date::timestamp at time zone 'UTC', reason => 'approved by a planner')
"""


def build(connection: psycopg.Connection, worker: str) -> Consumed:
    """Carry out every approval that waits, each in a transaction of its own; what cannot be done comes back later."""
    consumed = Consumed()
    while True:
        taken = consume(connection, [TOPIC], worker, carry_out, count=_PER_CLAIM)
        consumed = consumed.plus(**vars(taken))
        if taken.done + taken.repeated + taken.failed + taken.dead + taken.lost < _PER_CLAIM:
            return consumed


def carry_out(cursor: psycopg.Cursor, message: Message) -> None:
    """The effect of one approval: a line of an order, or a transfer that is asked for."""
    values = _values(message.payload)
    match message.payload["line_type_code"]:
        case "BUY":
            _buy(cursor, values)
        case "TRANSFER":
            cursor.execute(_TRANSFER, values)
        case other:
            raise PartsbayError("returns_not_ordered", f"{other} is no order to a supplier", "Discard the message.")


def _values(payload: dict[str, Any]) -> dict[str, Any]:
    """What the statements of an order or a transfer need; terms are those of the supplier that it goes to."""
    numbers = payload.get("numbers") or {}
    proposed = (
        {} if payload.get("supplier_is_changed") else numbers | {"unit_price_amount": payload["unit_price_amount"]}
    )
    # Named with the decision, where that was about another supplier or quantity than proposed.
    terms = payload.get("terms") or proposed
    return {
        **payload,
        "ordered_part_id": numbers.get("ordered_part_id") or payload["part_id"],
        "supplier_part_number": terms.get("supplier_part_number"),
        "pack_quantity": terms.get("pack_quantity") or 1,
        "unit_price_amount": terms.get("unit_price_amount"),
        "need_by_on": numbers.get("need_by_on"),
        "expected_on": _expected_on(payload, proposed or terms),
        "order_type_code": "RUSH" if numbers.get("review_reason_code") == "VOR_WAITING" else "STOCK",
        "from_garage_code": numbers.get("from_garage_code"),
        "transfer_number": "T-" + str(payload["act_id"]).replace("-", "")[:12],
    }


def _expected_on(payload: dict[str, Any], numbers: dict[str, Any]) -> str | None:
    """So many days after the approval, which may come days after the proposal; nothing of a supplier never asked."""
    days = numbers.get("arrival_days")
    if days is None and numbers.get("expected_on"):
        return numbers["expected_on"]
    if days is None and (days := numbers.get("lead_time_days")) is None:
        return None
    approved_on = datetime.fromisoformat(payload["approved_at"]).astimezone(UTC).date()
    return (approved_on + timedelta(days=ceil(days))).isoformat()


def _buy(cursor: psycopg.Cursor, values: dict[str, Any]) -> None:
    cursor.execute(LOCK_ORDERS)
    found = cursor.execute(_OPEN_ORDER, values).fetchone()
    number = _first(found) if found else _first(cursor.execute(_NEW_ORDER, values).fetchone())
    values["purchase_order_number"] = number
    if not found:
        cursor.execute(_CREATED, values)
    if not cursor.execute(_LINE, values).rowcount:
        words = f"part {values['ordered_part_id']} is not in the catalogue"
        raise PartsbayError("unknown_part", words, "Load the part, then replay the message.")


def _first(row: Any) -> Any:
    return next(iter(row.values())) if isinstance(row, dict) else row[0]
