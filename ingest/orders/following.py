"""What became of orders, line by line, and ending what will not come any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row, tuple_row

from ingest.audit import attribute
from ingest.errors import PartsbayError, ProtectedError, SettingsError
from ingest.orders.building import LOCK_ORDERS
from ingest.profiles.folder import Profiles
from ingest.profiles.orders import Orders
from ingest.refusals import refuse_standby

_SUPPLIERS = "select distinct supplier_code from replenishment.purchase_orders order by 1"
_LINES = """
select states.*, lines.brand_code, lines.part_number, lines.description, lines.uom_code
from replenishment.order_lines_as_of(%(at)s) as states
left join replenishment.order_lines as lines using (purchase_order_number, line_number)
where states.purchase_order_number is not distinct from
        coalesce(%(purchase_order_number)s, states.purchase_order_number)
    and states.supplier_code = coalesce(%(supplier_code)s, states.supplier_code)
    and (%(with_ended)s or states.open_quantity > 0)
    and (%(suppliers)s::text[] is null or (states.status_code = 'SENT' and exists (
        select from unnest(%(suppliers)s::text[], %(hours)s::integer[]) as patience (supplier_code, hours)
        where patience.supplier_code = states.supplier_code
            and states.sent_at <= %(at)s - make_interval(hours => patience.hours)
    )))
order by states.purchase_order_number nulls last, states.line_number
limit %(limit)s
"""
_FACED = """
select
    %(line_number)s::integer is null or exists (
        select from replenishment.order_lines as lines
        where (lines.purchase_order_number, lines.line_number) = (orders.purchase_order_number, %(line_number)s)
    ) as has_line,
    (
        select files.file_name
        from replenishment.order_events as filed
        inner join replenishment.order_files as files using (supplier_code, control_number)
        where filed.purchase_order_number = orders.purchase_order_number and filed.event_type_code = 'FILED'
            and not exists (
                select from replenishment.order_events as sent
                where sent.purchase_order_number = filed.purchase_order_number and sent.event_type_code = 'SENT'
            )
    ) as leaving_file_name
from replenishment.purchase_orders as orders
where orders.purchase_order_number = %(purchase_order_number)s
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
    answer_hours: dict[str, int] | None = None,
) -> list[dict[str, Any]]:
    """Lines of orders as they stand at a moment; only what is still to come unless ended ones are asked for.

    With ``answer_hours`` those alone that were sent longer ago than that to a supplier that is named there, and that
    neither an answer, nor a ship notice, nor a receipt speaks of.
    """
    values = {
        "at": at, "purchase_order_number": purchase_order_number, "supplier_code": supplier_code,
        "with_ended": with_ended, "limit": limit, "suppliers": None if answer_hours is None else [*answer_hours],
        "hours": None if answer_hours is None else [*answer_hours.values()],
    }  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LINES, values).fetchall()


def answer_hours(connection: psycopg.Connection, profiles: Profiles) -> dict[str, int]:
    """After how many hours each supplier that has orders should have answered one; those that never do are left out."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        suppliers = [code for (code,) in cursor.execute(_SUPPLIERS)]
    found = {code: _settings(profiles, code).answer_hours for code in suppliers}
    return {code: hours for code, hours in found.items() if hours is not None}


def _settings(profiles: Profiles, supplier_code: str) -> Orders:
    try:
        return profiles.orders_for(supplier_code)
    except PartsbayError:
        # Whoever sends says what is wrong with it.
        return Orders()


def end(
    connection: psycopg.Connection,
    code: str,
    purchase_order_number: str,
    line_number: int | None,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    """CANCELLED, or CLOSED: of the order, or of its line, nothing is expected, and nothing goes out that is in no file.

    Refused while the order is in a file that is on its way out: the supplier would deliver what nobody expects.
    """
    if not reason.strip():
        raise SettingsError("NO_REASON", "an order is not ended without a reason", "Say why with --reason.")
    values = {
        "event_type_code": code, "purchase_order_number": purchase_order_number, "line_number": line_number,
        "reason": reason, "at": at, "actor": actor,
    }  # fmt: skip
    refuse_standby(connection)
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(LOCK_ORDERS)
        _refuse(cursor.execute(_FACED, values).fetchone(), purchase_order_number, line_number)
        attribute(cursor, actor, reason, action_code=code)
        cursor.execute(_END, values)


def _refuse(faced: dict[str, Any] | None, purchase_order_number: str, line_number: int | None) -> None:
    if faced is None:
        words = f"there is no order {purchase_order_number}"
        raise SettingsError("NO_SUCH_ORDER", words, "List the orders with partsbay orders list.")
    if not faced["has_line"]:
        words = f"order {purchase_order_number} has no line {line_number}"
        raise SettingsError("NO_SUCH_LINE", words, f"Show its lines with partsbay orders show {purchase_order_number}.")
    if faced["leaving_file_name"]:
        words = f"order {purchase_order_number} is in {faced['leaving_file_name']}, which is on its way out"
        raise ProtectedError("ORDER_LEAVING", words, "Let partsbay orders send finish, then tell the supplier.")
