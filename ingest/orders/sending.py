"""Orders go out: a numbered file per supplier, kept with its bytes before anybody gets it.

A file is entered first (FILED), then written, then said to be SENT. Killed in between, the next
call writes the very same bytes and says so; a file is never made twice for one order. What cannot
be written for one supplier keeps no other from its orders.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from ingest.audit import attribute
from ingest.errors import PartsbayError, SettingsError
from ingest.orders.building import LINE_STANDS, LOCK_ORDERS, TOPIC
from ingest.orders.document import Line, Order, refused
from ingest.orders.files import write
from ingest.orders.outbox import put
from ingest.profiles.folder import Profiles
from ingest.profiles.orders import Party
from ingest.refusals import refuse_standby

# How long before the cut-off of a supplier its orders are due: whatever is approved until then goes in one.
LEAD = timedelta(hours=1)
_WAITING = f"""
select orders.supplier_code, array_agg(orders.purchase_order_number order by serial_number) as numbers
from replenishment.purchase_orders as orders
left join lateral (
    select order_weekdays, cut_off_at
    from replenishment.supplier_terms
    where supplier_terms.supplier_code = orders.supplier_code and valid_from_at <= %(at)s
    order by valid_from_at desc
    limit 1
) as terms on true
left join lateral (
    select time_zone
    from catalogue.garages
    where garages.garage_code = orders.garage_code
    order by valid_from_at desc, revision_number desc
    limit 1
) as garage on true
where orders.supplier_code = coalesce(%(supplier_code)s, orders.supplier_code)
    and (
        not %(only_due)s or order_type_code = 'RUSH'
        or coalesce(replenishment.next_cut_off(order_weekdays, cut_off_at, time_zone, %(at)s), %(at)s)
            <= %(at)s + %(lead)s
    )
    and not exists (
        select from replenishment.order_events as events
        where events.purchase_order_number = orders.purchase_order_number
            and event_type_code in ('FILED', 'CANCELLED', 'CLOSED') and line_number is null
    )
    -- One whose lines were all given up says nothing.
    and exists (
        select from replenishment.order_lines as lines
        where lines.purchase_order_number = orders.purchase_order_number and {LINE_STANDS}
    )
group by orders.supplier_code
order by orders.supplier_code
"""
# Also what a worker took that was not heard of again.
_APPROVED = """
select exists (
    select from replenishment.messages
    where topic_code = %s and status_code in ('READY', 'LEASED') and visible_at <= clock_timestamp()
)
"""
_ORDERS = """
select orders.purchase_order_number, orders.order_type_code, orders.garage_code,
    coalesce((
        select garage_name from catalogue.garages
        where garages.garage_code = orders.garage_code order by valid_from_at desc limit 1
    ), orders.garage_code) as garage_name,
    orders.currency_code, orders.created_at
from replenishment.purchase_orders as orders
where purchase_order_number = any(%(numbers)s)
order by serial_number
"""
_LINES = f"""
select lines.purchase_order_number, lines.line_number, brand_code, part_number, supplier_part_number, description,
    ordered_quantity as quantity, uom_code, pack_quantity, unit_price_amount, need_by_on
from replenishment.order_lines as lines
where purchase_order_number = any(%(numbers)s)
    and {LINE_STANDS}
order by purchase_order_number, line_number
"""
_FILED_SUPPLIERS = "select distinct supplier_code from replenishment.order_files"
_NEXT = """
select replenishment.next_number(
    max(control_number), (array_agg(region_key order by control_number desc))[1]
) as control_number
from replenishment.order_files
where supplier_code = any(%s)
"""
_NAMED = "select supplier_code, control_number from replenishment.order_files where file_name = %s"
_FILE = """
insert into replenishment.order_files (supplier_code, control_number, file_name, format_code, content, sha256, made_at,
    actor)
values (%(supplier_code)s, %(control_number)s, %(file_name)s, %(format_code)s, %(content)s, %(sha256)s, %(at)s,
    %(actor)s)
"""
_EVENT = """
insert into replenishment.order_events (purchase_order_number, sequence_number, event_type_code, supplier_code,
    control_number, reason, event_at, actor)
select purchase_order_number,
    (select coalesce(max(sequence_number), 0) + 1 from replenishment.order_events as events
    where events.purchase_order_number = orders.purchase_order_number),
    %(event_type_code)s, %(supplier_code)s, %(control_number)s, %(reason)s, %(at)s, %(actor)s
from replenishment.purchase_orders as orders
where purchase_order_number = any(%(numbers)s)
    -- Two may write the same file at once; it is sent once.
    and not (%(event_type_code)s = 'SENT' and exists (
        select from replenishment.order_events as events
        where events.purchase_order_number = orders.purchase_order_number and event_type_code = 'SENT'
    ))
order by purchase_order_number
"""
_FILED = """
select * from (
    select files.supplier_code, files.control_number, file_name, format_code, content, sha256,
        array_agg(distinct events.purchase_order_number) as numbers,
        bool_or(exists (
            select from replenishment.order_events as sent
            where sent.purchase_order_number = events.purchase_order_number and sent.event_type_code = 'SENT'
        )) as is_sent
    from replenishment.order_files as files
    inner join replenishment.order_events as events
        on (events.supplier_code, events.control_number) = (files.supplier_code, files.control_number)
        and events.event_type_code = 'FILED'
    where files.supplier_code = coalesce(%(supplier_code)s, files.supplier_code)
        and files.control_number = coalesce(%(control_number)s, files.control_number)
    group by files.supplier_code, files.control_number
) as filed
where not (%(only_unsent)s and is_sent)
order by supplier_code, control_number
"""


@dataclass(frozen=True)
class OrderFile:
    """A file of orders, and whether its supplier has it."""

    supplier_code: str
    control_number: int
    file_name: str
    format_code: str
    content: bytes
    sha256: str
    numbers: list[str]
    is_sent: bool


@dataclass(frozen=True)
class Unsent:
    """A supplier whose orders could not be written, or not be put where it finds them, and why."""

    supplier_code: str
    message: str
    mend: str


@dataclass(frozen=True)
class Sent:
    """What went out, and what did not."""

    files: list[OrderFile] = field(default_factory=list)
    unsent: list[Unsent] = field(default_factory=list)


def send(
    connection: psycopg.Connection,
    profiles: Profiles,
    outbox: Path,
    actor: str,
    at: datetime,
    supplier_code: str | None = None,
    only_due: bool = False,
) -> Sent:
    """Write every order that waits into files below ``outbox``, supplier by supplier.

    ``only_due`` leaves the orders of a supplier with an order calendar until an hour before its cut-off; what is
    rushed is always due.
    """
    refuse_standby(connection)
    sent = Sent()
    for code in _suppliers_waiting(connection, at, supplier_code, only_due):
        try:
            _file(connection, profiles, code, actor, at, only_due)
        except PartsbayError as error:
            sent.unsent.append(Unsent(code, error.message, error.mend))
    for file in files_of(connection, supplier_code, only_unsent=True):
        try:
            _put(outbox, file)
        except PartsbayError as error:
            sent.unsent.append(Unsent(file.supplier_code, error.message, error.mend))
            continue
        if _say(connection, "SENT", file, actor, at):
            sent.files.append(file)
    return sent


def _put(outbox: Path, file: OrderFile) -> None:
    try:
        put(outbox / file.file_name, file.content)
    except OSError as error:
        words = f"{outbox / file.file_name} cannot be written: {error.strerror}"
        raise PartsbayError("outbox_not_writable", words, "Mend the folder, then partsbay orders send.") from None


def is_anything_due(connection: psycopg.Connection, at: datetime) -> bool:
    """Whether an approval waits to become an order, or an order or its file to go out."""
    (is_approved,) = connection.execute(_APPROVED, (TOPIC,)).fetchone()
    return (
        is_approved
        or bool(_suppliers_waiting(connection, at, None, only_due=True))
        or bool(files_of(connection, only_unsent=True))
    )


def _suppliers_waiting(connection, at: datetime, supplier_code: str | None, only_due: bool) -> list[str]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_WAITING, _waiting(supplier_code, at, only_due)).fetchall()
    return [one["supplier_code"] for one in found]


def _waiting(supplier_code: str | None, at: datetime, only_due: bool) -> dict[str, Any]:
    return {"supplier_code": supplier_code, "at": at, "only_due": only_due, "lead": LEAD}


def resend(
    connection: psycopg.Connection, outbox: Path, supplier_code: str, control_number: int, reason: str, actor: str,
    at: datetime,
) -> OrderFile:  # fmt: skip
    """The same bytes under the same name once more."""
    refuse_standby(connection)
    found = files_of(connection, supplier_code, control_number)
    if not found:
        words = f"no file {control_number} was made for {supplier_code}"
        raise SettingsError("NO_SUCH_FILE", words, "List the files with partsbay orders files.")
    _put(outbox, found[0])
    _say(connection, "RESENT" if found[0].is_sent else "SENT", found[0], actor, at, reason)
    return found[0]


def files_of(
    connection: psycopg.Connection, supplier_code: str | None = None, control_number: int | None = None,
    only_unsent: bool = False,
) -> list[OrderFile]:  # fmt: skip
    """Files of orders that were made, oldest first for each supplier."""
    with connection.cursor(row_factory=class_row(OrderFile)) as cursor:
        values = {"supplier_code": supplier_code, "control_number": control_number, "only_unsent": only_unsent}
        return cursor.execute(_FILED, values).fetchall()


def _file(connection, profiles: Profiles, supplier_code: str, actor: str, at: datetime, only_due: bool) -> None:
    """Enter the files of one supplier with their bytes; all orders of it in one transaction."""
    settings = profiles.orders_for(supplier_code)
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(LOCK_ORDERS)
        attribute(cursor, actor, f"orders for {supplier_code}", action_code="SEND")
        # Again, now that nobody else may file them.
        found = cursor.execute(_WAITING, _waiting(supplier_code, at, only_due)).fetchone()
        orders = _read(cursor, found["numbers"]) if found else []
        together = _numbered_together(cursor, profiles, supplier_code, settings.receiver) if orders else []
        for first in range(0, len(orders), settings.orders_per_file):
            group = orders[first : first + settings.orders_per_file]
            control_number = cursor.execute(_NEXT, (together,)).fetchone()["control_number"]
            file_name = settings.name_of(supplier_code, control_number, at)
            _refuse_known(cursor, file_name, supplier_code)
            content = write(group, settings, control_number, at)
            values = {
                "supplier_code": supplier_code, "control_number": control_number, "content": content, "at": at,
                "file_name": file_name, "actor": actor, "reason": None,
                "format_code": settings.format.upper(), "sha256": hashlib.sha256(content).hexdigest(),
                "event_type_code": "FILED", "numbers": [one.purchase_order_number for one in group],
            }  # fmt: skip
            cursor.execute(_FILE, values)
            cursor.execute(_EVENT, values)


def _numbered_together(
    cursor: psycopg.Cursor, profiles: Profiles, supplier_code: str, receiver: Party | None
) -> list[str]:
    """Suppliers whose files one receiver gets: by its number it tells a new file from one that came twice."""
    if receiver is None:
        return [supplier_code]
    filed = {row["supplier_code"] for row in cursor.execute(_FILED_SUPPLIERS).fetchall()}
    return [supplier_code, *(code for code in filed - {supplier_code} if _may_be_read_by(profiles, code, receiver))]


def _may_be_read_by(profiles: Profiles, supplier_code: str, receiver: Party) -> bool:
    try:
        return profiles.orders_for(supplier_code).receiver == receiver
    except PartsbayError:
        # A number that is left out does no harm, and one that comes twice does.
        return True


def _refuse_known(cursor: psycopg.Cursor, file_name: str, supplier_code: str) -> None:
    if known := cursor.execute(_NAMED, (file_name,)).fetchone():
        words = f"{file_name} is file {known['control_number']} for {known['supplier_code']} already"
        raise refused(f"orders for {supplier_code}", words, "Write another file_name into the profile of its orders.")


def _read(cursor: psycopg.Cursor, numbers: list[str]) -> list[Order]:
    lines: dict[str, list[Line]] = {number: [] for number in numbers}
    for row in cursor.execute(_LINES, {"numbers": numbers}).fetchall():
        lines[row.pop("purchase_order_number")].append(Line(**row))
    orders = cursor.execute(_ORDERS, {"numbers": numbers}).fetchall()
    made = [Order(**row, lines=tuple(lines[row["purchase_order_number"]])) for row in orders]
    return [one for one in made if one.lines]


def _say(connection, code: str, file: OrderFile, actor: str, at: datetime, reason: str | None = None) -> bool:
    """Enter what became of a file; whether nobody else had said so."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(LOCK_ORDERS)
        attribute(cursor, actor, reason or file.file_name, action_code="SEND")
        values = {
            "event_type_code": code, "supplier_code": file.supplier_code, "control_number": file.control_number,
            "reason": reason, "at": at, "actor": actor, "numbers": file.numbers,
        }  # fmt: skip
        return bool(cursor.execute(_EVENT, values).rowcount)
