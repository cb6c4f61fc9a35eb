"""Refused rows after their batch: found by what they are, settled once, never lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.decisions import Decision, decide
from ingest.errors import PartsbayError, SettingsError

STATUSES = ("OPEN", "FIXED", "REPLAYED", "DISCARDED")
RELATION = "ingest.quarantined_rows"


@dataclass(frozen=True)
class Filter:
    """Which refused rows are meant; whatever is None leaves nothing out. ``reason`` is a code, such as DATE."""

    source: str | None = None
    kind: str | None = None
    reason: str | None = None
    status: str | None = None
    batch_id: UUID | None = None
    line_number: int | None = None

    def __post_init__(self):
        if self.status and self.status not in STATUSES:
            words = f"there is no status '{self.status}'"
            raise SettingsError("UNKNOWN_STATUS", words, f"Use one of {', '.join(STATUSES)}.")


_WHERE = """
from ingest.quarantined_rows as rows
inner join ingest.batches using (batch_id)
where (%(source)s::text is null or source_code = %(source)s)
    and (%(kind)s::text is null or kind = %(kind)s)
    and (%(status)s::text is null or status = %(status)s)
    and (%(batch_id)s::uuid is null or batch_id = %(batch_id)s)
    and (%(line_number)s::bigint is null or line_number = %(line_number)s)
    and (%(reason)s::text is null or exists (
        select from unnest(reasons) as said where split_part(said, ':', 1) = %(reason)s
    ))
"""
_BY_BATCH = f"""
with chosen as (
    select batch_id, line_number, reasons, status
    {_WHERE}
),

codes as (
    select batch_id, split_part(said, ':', 1) as reason_code, count(*) as row_count
    from chosen, unnest(reasons) as said
    group by batch_id, reason_code
),

counted as (
    select batch_id, count(*) as row_count, count(*) filter (where status = 'OPEN') as open_count
    from chosen
    group by batch_id
)

select
    batch_id, kind, source_code as source, file_name, state, received_at, rows_read, rows_quarantined, error_code,
    error, coalesce(row_count, 0) as row_count, coalesce(open_count, 0) as open_count,
    coalesce((
        select jsonb_object_agg(reason_code, codes.row_count) from codes where codes.batch_id = batches.batch_id
    ), '{{}}') as reasons
from ingest.batches
left join counted using (batch_id)
where counted.batch_id is not null
    or (
        %(status)s::text is null and %(reason)s::text is null and state in ('REJECTED', 'HELD')
        and (%(source)s::text is null or source_code = %(source)s)
        and (%(kind)s::text is null or kind = %(kind)s)
        and (%(batch_id)s::uuid is null or batch_id = %(batch_id)s)
    )
order by received_at desc, batch_id
limit %(limit)s
"""
_ROWS = f"""
select
    batch_id, kind, source_code, file_name, line_number, place, reasons, raw, rows.rule_version, status,
    status_reason, repaired_by_batch_id, recorded_at
{_WHERE}
order by received_at desc, batch_id, line_number
limit %(limit)s
"""


def batches_with_rows(connection: psycopg.Connection, wanted: Filter, limit: int = 200) -> list[dict[str, Any]]:
    """Batches with such rows, newest first, with how many rows each reason has; and those refused as a whole."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_BY_BATCH, {**wanted.__dict__, "limit": limit}).fetchall()


def rows(connection: psycopg.Connection, wanted: Filter, limit: int = 1000) -> list[dict[str, Any]]:
    """Such rows, newest batch first and in file order, with the file they came in."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_ROWS, {**wanted.__dict__, "limit": limit}).fetchall()


def batches_with_open_rows(connection: psycopg.Connection, wanted: Filter) -> list[UUID]:
    """Batches that have open rows, in the order in which they came."""
    found = connection.execute(
        f"with found as (select distinct batch_id, received_at {_WHERE})"
        " select batch_id from found order by received_at, batch_id",
        {**wanted.__dict__, "status": "OPEN"},
    )
    return [batch_id for (batch_id,) in found]


def check_batch(connection: psycopg.Connection, batch_id: UUID) -> None:
    """Raise where there is no such batch."""
    if not connection.execute("select 1 from ingest.batches where batch_id = %s", (batch_id,)).fetchone():
        raise SettingsError("NO_SUCH_BATCH", f"there is no batch {batch_id}", "See partsbay quarantine list.")


# A row and every row that was to repair it are one matter: all of them are settled.
_DISCARD = """
with chosen as (
    select coalesce(repairs_batch_id, batch_id) as root_id, coalesce(repairs_line_number, line_number) as root_line
    from ingest.quarantined_rows
    where batch_id = %(batch_id)s and status in ('OPEN', 'FIXED')
        and (%(line_number)s::bigint is null or line_number = %(line_number)s)
)

update ingest.quarantined_rows set status = 'DISCARDED', status_reason = %(reason)s
from chosen
where status in ('OPEN', 'FIXED')
    and coalesce(repairs_batch_id, batch_id) = root_id and coalesce(repairs_line_number, line_number) = root_line
returning quarantined_rows.batch_id
"""


def discard(connection: psycopg.Connection, batch_id: UUID, line_number: int | None, reason: str, actor: str) -> int:
    """Settle an open row, or all of a batch, as not wanted: no replay will ever store it. Returns how many."""
    check_batch(connection, batch_id)
    with connection.transaction(), connection.cursor() as cursor:
        # The batch is locked as its loaders lock it: nobody stores the row while it is discarded.
        cursor.execute("select 1 from ingest.batches where batch_id = %s for update", (batch_id,))
        values = {"batch_id": batch_id, "line_number": line_number, "reason": f"{actor}: {reason}"}
        count = sum(found == batch_id for (found,) in cursor.execute(_DISCARD, values).fetchall())
        if not count:
            place = f"line {line_number} of batch {batch_id}" if line_number else f"batch {batch_id}"
            raise PartsbayError("NOTHING_OPEN", f"{place} has no open row", "See partsbay quarantine show.")
        subject = {"row_count": count}
        decide(cursor, Decision("ROW", "DISCARD", batch_id, reason, actor, line_number, subject), RELATION, count)
    return count


def settled_lines(cursor: psycopg.Cursor, batch_id: UUID) -> frozenset[int]:
    """Lines that a replay must leave alone: discarded by a person, or repaired by another batch."""
    found = cursor.connection.execute(
        "select line_number from ingest.quarantined_rows where batch_id = %s"
        " and (status = 'DISCARDED' or (status in ('FIXED', 'REPLAYED') and repaired_by_batch_id is not null))",
        (batch_id,),
    )
    return frozenset(line for (line,) in found)
