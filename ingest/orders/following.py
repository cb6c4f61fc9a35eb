"""What became of orders, line by line, and ending what will not come any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.errors import SettingsError

# After so long an answer to an order should be there.
PATIENCE = timedelta(days=2)
_LINES = """
select states.*, lines.brand_code, lines.part_number, lines.description, lines.uom_code
from replenishment.order_lines_as_of(%(at)s) as states
left join replenishment.order_lines as lines using (purchase_order_number, line_number)
where states.purchase_order_number is not distinct from
        coalesce(%(purchase_order_number)s, states.purchase_order_number)
    and states.supplier_code = coalesce(%(supplier_code)s, states.supplier_code)
    and (%(with_ended)s or states.open_quantity > 0)
    and (not %(only_unanswered)s or (states.status_code = 'SENT' and states.sent_at <= %(at)s - %(patience)s))
order by states.purchase_order_number nulls last, states.line_number
limit %(limit)s
"""
_END = """
insert into replenishment.order_events (purchase_order_number, sequence_number, event_type_code, line_number, reason,
    event_at, actor)
select purchase_order_number,
    (select coalesce(max(sequence_number), 0) + 1 from replenishment.order_events as events
    where events.purchase_order_number = orders.purchase_order_number),
    %(event_type_code)s, %(line_number)s, %(reason)s, %(at)s, %(actor)s
from replenishment.purchase_orders as orders
where purchase_order_number = %(purchase_order_number)s
"""


def lines_of(
    connection: psycopg.Connection,
    at: datetime,
    purchase_order_number: str | None = None,
    supplier_code: str | None = None,
    with_ended: bool = False,
    limit: int = 1000,
    only_unanswered: bool = False,
) -> list[dict[str, Any]]:
    """Lines of orders as they stand at a moment; only what is still to come unless ended ones are asked for.

    ``only_unanswered`` are those that were sent so long ago that an answer should be there, and that neither an
    answer, nor a ship notice, nor a receipt speaks of.
    """
    values = {
        "at": at, "purchase_order_number": purchase_order_number, "supplier_code": supplier_code,
        "with_ended": with_ended, "limit": limit, "only_unanswered": only_unanswered, "patience": PATIENCE,
    }  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LINES, values).fetchall()


def end(
    connection: psycopg.Connection,
    code: str,
    purchase_order_number: str,
    line_number: int | None,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    """CANCELLED before it was sent, or CLOSED: nothing of the order, or of its line, is expected any more."""
    if not reason.strip():
        raise SettingsError("NO_REASON", "an order is not ended without a reason", "Say why with --reason.")
    values = {
        "event_type_code": code, "purchase_order_number": purchase_order_number, "line_number": line_number,
        "reason": reason, "at": at, "actor": actor,
    }  # fmt: skip
    with connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, actor, reason, action_code=code)
        if not cursor.execute(_END, values).rowcount:
            words = f"there is no order {purchase_order_number}"
            raise SettingsError("NO_SUCH_ORDER", words, "List the orders with partsbay orders list.")
