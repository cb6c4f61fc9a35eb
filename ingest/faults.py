"""A batch that a defect of ours stops, set aside, so that the files of everybody else go on."""

from __future__ import annotations

from uuid import UUID

import psycopg

from ingest import batches
from ingest.batches import BatchSummary, has_stored

CODE = "DEFECT"
_HOLD = """
update ingest.batches set state = 'HELD', error_code = %(code)s, error = %(words)s, attempt_count = attempt_count + 1,
    rows_read = 0, rows_accepted = 0, rows_duplicate = 0, rows_quarantined = 0, rows_held = 0,
    finished_at = clock_timestamp()
where batch_id = %(batch_id)s
"""


def may_pass(error: Exception) -> bool:
    """Whether an error is about the machine or the server, so that the same batch may succeed the next time."""
    if isinstance(error, FileNotFoundError):
        return False
    passing = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError, OSError, MemoryError)
    return isinstance(error, passing)


def hold_for_defect(connection: psycopg.Connection, batch_id: UUID, error: Exception) -> BatchSummary:
    """Let a batch wait for the mended code: nothing of it is stored, and ``partsbay held release`` takes it again.

    What a batch stored before stays, and so does its entry.
    """
    with connection.transaction(), connection.cursor() as cursor:
        batch = batches.lock(cursor, batch_id)
        if not has_stored(connection, batch):
            words = (
                f"{batch.file_name}: a defect of the platform stopped it ({type(error).__name__}), not the file."
                " Its log has the details; release the batch once the defect is mended"
            )
            connection.execute(_HOLD, {"batch_id": batch_id, "code": CODE, "words": words})
    return batches.summary(connection, batch_id)
