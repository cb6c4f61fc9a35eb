"""Batches that wait for a person: which they are, and what is decided about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.decisions import Decision, decide
from ingest.errors import PartsbayError
from ingest.quarantine import check_batch

RELATION = "ingest.batches"

_LISTED = """
select
    batch_id, kind, source_code as source, file_name, received_at, finished_at, rows_read, rows_quarantined, rows_held,
    error_code, error
from ingest.batches
where state = 'HELD' and (%(source)s::text is null or source_code = %(source)s)
order by received_at desc, batch_id
limit %(limit)s
"""


def held_batches(connection: psycopg.Connection, source: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Held batches with the reason, newest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LISTED, {"source": source, "limit": limit}).fetchall()


def release(connection: psycopg.Connection, batch_id: UUID, reason: str, actor: str) -> None:
    """Decide that a held batch may be stored; taking it again is left to the caller."""
    with connection.transaction(), connection.cursor() as cursor:
        row_count = _lock(cursor, batch_id)
        decide(cursor, Decision("BATCH", "RELEASE", batch_id, reason, actor), RELATION, row_count)


_DISCARD = """
update ingest.batches
set state = 'REJECTED', error_code = 'DISCARDED', error = %(words)s, finished_at = clock_timestamp()
where batch_id = %(batch_id)s
"""
_DISCARD_ROWS = """
update ingest.quarantined_rows set status = 'DISCARDED', status_reason = %(words)s
where batch_id = %(batch_id)s and status in ('OPEN', 'FIXED')
"""


def discard(connection: psycopg.Connection, batch_id: UUID, reason: str, actor: str) -> None:
    """Decide that a held batch is not wanted: it ends REJECTED, and nothing takes it again."""
    with connection.transaction(), connection.cursor() as cursor:
        row_count = _lock(cursor, batch_id)
        values = {"batch_id": batch_id, "words": f"discarded by {actor}: {reason}"}
        cursor.execute(_DISCARD, values)
        cursor.execute(_DISCARD_ROWS, values)
        cursor.execute("delete from ingest.awaited_references where batch_id = %(batch_id)s", values)
        decide(cursor, Decision("BATCH", "DISCARD", batch_id, reason, actor), RELATION, row_count)


def _lock(cursor: psycopg.Cursor, batch_id: UUID) -> int:
    """Keep a held batch from its loaders until the decision stands; the number of its rows."""
    check_batch(cursor.connection, batch_id)
    row = cursor.execute("select state, rows_read from ingest.batches where batch_id = %s for update", (batch_id,))
    state, row_count = row.fetchone()
    if state != "HELD":
        raise PartsbayError("NOT_HELD", f"batch {batch_id} is {state}, not HELD", "See partsbay held list.")
    return row_count
