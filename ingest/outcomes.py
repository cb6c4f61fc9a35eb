"""What became of each batch, as files for its sender: one document, one table of refused rows, one EDI answer.

All of it comes from the ledger, so a file can be written again at any time and is the same.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.errors import SettingsError
from ingest.exports import csv_bytes, safe_name
from ingest.garage_inventory.showing import lines_awaiting_approval
from ingest.landing import stored_path
from ingest.mending import MENDS, code_of, mend_of
from ingest.readers.formats import module_of
from ingest.readers.limits import FileFault, Limits

LISTED_ROWS = 10_000
_RAW_CHARACTERS = 2000
_ANSWERED = {"x12": "997", "edifact": "contrl"}
# What the ledger keeps beside the totals.
_NO_TOTALS = ("declared", "repairs", "handed_in_by")
_NAMES = ("line", "place", "reasons", "mend", "status", "raw")

# When something last happened to a batch: it was taken, decided about, or repaired.
_CHANGED_AT = """
    greatest(
        finished_at,
        (select max(recorded_at) from ingest.decisions where decisions.batch_id = batches.batch_id),
        (
            select max(repairs.finished_at) from ingest.batches as repairs
            where repairs.controls ? 'repairs' and repairs.controls ->> 'repairs' = batches.batch_id::text
        )
    ) as changed_at
"""
_BATCH = f"""
select
    batch_id, source_code, kind, file_name, sha256, byte_count, received_at, finished_at, state, error_code, error,
    rows_read, rows_accepted, rows_duplicate, rows_quarantined, rows_held, rule_version, attempt_count, format_code,
    profile_version, submission_code, sequence_number, stated_at, document_number, controls,{_CHANGED_AT},
    (select count(*) from ingest.deliveries where deliveries.batch_id = batches.batch_id) as delivery_count
from ingest.batches
where batch_id = %s
"""
_REFUSED = """
select line_number as line, place, reasons, status, raw from ingest.quarantined_rows
where batch_id = %s order by line_number limit %s
"""
_GAPS = """
select words from ingest.sequence_gaps where source_code = %s and kind = %s order by missing_from_number limit 20
"""
_DRIFT = """
select change_code, column_name, effect_code, row_count from ingest.drift_events
where batch_id = %s order by change_code, column_name
"""
_HELD_LINES = """
select line_number as line, reason_code, brand_code, part_number, details, status_code
from supplier_feed.line_hold_states where batch_id = %s order by line_number, reason_code limit 1000
"""


def outcome_of(connection: psycopg.Connection, batch_id: UUID) -> dict[str, Any]:
    """Everything that the ledger says of a batch; raises where there is no such batch."""
    with connection.cursor(row_factory=dict_row) as cursor:
        batch = cursor.execute(_BATCH, (batch_id,)).fetchone()
        if batch is None:
            raise SettingsError("NO_SUCH_BATCH", f"there is no batch {batch_id}", "See partsbay quarantine list.")
        refused = cursor.execute(_REFUSED, (batch_id, LISTED_ROWS)).fetchall()
        gaps = [row["words"] for row in cursor.execute(_GAPS, (batch["source_code"], batch["kind"])).fetchall()]
        drift = cursor.execute(_DRIFT, (batch_id,)).fetchall()
        held_lines = cursor.execute(_HELD_LINES, (batch_id,)).fetchall()
        waiting = lines_awaiting_approval(connection, [batch_id]) if batch["kind"] == "adjustment" else 0
    controls = batch.pop("controls")
    declared = {name: total for name, total in controls.items() if name not in _NO_TOTALS}
    for row in refused:
        row["raw"] = row["raw"][:_RAW_CHARACTERS]
        row["mend"] = mend_of(row["reasons"])
    return {
        **batch,
        "repairs_batch_id": controls.get("repairs"),
        "handed_in_by": controls.get("handed_in_by"),
        "mend": _mend(batch, any(row["status"] == "OPEN" for row in refused), waiting),
        "control_totals": declared,
        "sequence_gaps": gaps,
        "drift": drift,
        "held_lines": held_lines,
        "lines_awaiting_approval": waiting,
        "refused_codes": _codes(refused),
        "refused_rows": refused,
        "refused_rows_not_listed": max(0, batch["rows_quarantined"] - len(refused)),
    }


def _codes(refused: list[dict[str, Any]]) -> dict[str, int]:
    """How many of the listed rows have each code."""
    return dict(sorted(Counter(code_of(reason) for row in refused for reason in row["reasons"]).items()))


def _mend(batch: dict[str, Any], has_open: bool, waiting: int) -> str | None:
    """The next step for the sender; None where there is nothing to do."""
    if batch["error_code"]:
        return MENDS.get(batch["error_code"], "Mend what the error says and send the file again.")
    if has_open:
        return "The other rows are stored. Send the refused ones again, corrected; each says what is wrong with it."
    if waiting:
        return f"{waiting} lines are above a limit and move stock once a second person approves them."
    return None


def outcome_path(folder: Path, source_code: str, received_at: datetime, file_name: str, batch_id: UUID) -> Path:
    """Where the outcome document of a batch is."""
    name = f"{received_at:%Y-%m-%d}_{safe_name(file_name)}_{batch_id.hex[-8:]}.json"
    return Path(folder) / _folder_name(source_code) / name


def _folder_name(source_code: str) -> str:
    """Never one folder for two senders whose codes are alike but for signs that no folder may have."""
    name = safe_name(source_code)
    return name if name == source_code else f"{name}-{hashlib.sha256(source_code.encode()).hexdigest()[:8]}"


def write_outcome(
    connection: psycopg.Connection, landing: Path, folder: Path, batch_id: UUID, limits: Limits | None = None
) -> list[Path]:
    """Write the files of one finished batch, each whole or not at all; a batch that still waits has none.

    With the outcome of a repair comes that of the batch whose rows it settled.
    """
    outcome = outcome_of(connection, batch_id)
    if outcome["state"] == "LANDED":
        return []
    path = outcome_path(folder, outcome["source_code"], outcome["received_at"], outcome["file_name"], batch_id)
    files = {
        path.with_suffix(".csv"): _as_csv(outcome["refused_rows"]),
        **_answer(connection, outcome, landing, folder, limits),
    }
    # The document last: while it is missing or old, all of them are written again.
    files[path] = (json.dumps(outcome, default=str, ensure_ascii=False, indent=1) + "\n").encode()
    written = []
    for target, data in files.items():
        if data is None:
            target.unlink(missing_ok=True)
            continue
        _write(target, data, outcome["changed_at"])
        written.append(target)
    if outcome["repairs_batch_id"]:
        written += write_outcome(connection, landing, folder, UUID(outcome["repairs_batch_id"]), limits)
    return written


def _as_csv(refused: list[dict[str, Any]]) -> bytes | None:
    """The refused rows for a person; None where there are none."""
    rows = [
        [str(row["line"]), row["place"] or "", " | ".join(row["reasons"]), row["mend"], row["status"], row["raw"]]
        for row in refused
    ]
    return b"\xef\xbb\xbf" + csv_bytes(_NAMES, rows) if rows else None


_OF_THE_FILE = """
select batch_id, source_code, received_at, file_name, state, error, finished_at from ingest.batches
where source_code = %(source_code)s and sha256 = %(sha256)s order by batch_id
"""
_ROWS_OF_THE_FILE = """
select line_number, reasons from ingest.quarantined_rows where batch_id = any(%s) order by line_number limit %s
"""


def _answer(
    connection: psycopg.Connection, outcome: dict[str, Any], landing: Path, folder: Path, limits: Limits | None
) -> dict[Path, bytes | None]:
    """The functional acknowledgement of an EDI file; nothing for other formats, or where none may be sent.

    A file of several kinds is several batches and has one answer, beside the first of them,
    once all of them are finished.
    """
    format_code = outcome["format_code"] or _format_of(landing, outcome["sha256"], limits)
    if format_code not in _ANSWERED:
        return {}
    with connection.cursor(row_factory=dict_row) as cursor:
        batches = cursor.execute(_OF_THE_FILE, outcome).fetchall()
    if any(one["state"] == "LANDED" for one in batches):
        return {}
    first, ids = batches[0], [one["batch_id"] for one in batches]
    bad = dict(connection.execute(_ROWS_OF_THE_FILE, (ids, LISTED_ROWS)).fetchall())
    is_refused = all(one["state"] == "REJECTED" for one in batches)
    number = str(int(first["batch_id"].hex[-8:], 16) % 10**9).zfill(9)
    made_at = max(one["finished_at"] for one in batches)
    raw, module = stored_path(landing, outcome["sha256"]), module_of(format_code)
    try:
        fault = first["error"] if is_refused else None
        data = module.acknowledgement(raw, limits or Limits(), bad, fault, number, made_at)
    except FileFault:
        # Too broken to say to whom an answer would go; the document says what is wrong.
        data = None
    path = outcome_path(folder, first["source_code"], first["received_at"], first["file_name"], first["batch_id"])
    return {path.with_suffix(f".{_ANSWERED[format_code]}"): data}


def _format_of(landing: Path, sha256: str, limits: Limits | None) -> str | None:
    """The format of a file that was refused before it was described."""
    from ingest.readers.formats import recognise_format

    with suppress(FileFault, FileNotFoundError):
        return recognise_format(stored_path(landing, sha256), limits or Limits())
    return None


def _write(path: Path, data: bytes, changed_at: datetime) -> None:
    """Whole under its name, and as old as the outcome: so a look at the folder says which are missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    os.utime(temporary, (changed_at.timestamp(), changed_at.timestamp()))
    os.replace(temporary, path)


_FINISHED = f"""
select batch_id, source_code, received_at, file_name, {_CHANGED_AT} from ingest.batches
where state <> 'LANDED' and (%(since)s::timestamptz is null or finished_at >= %(since)s)
order by finished_at desc
"""


def missing_outcomes(connection: psycopg.Connection, folder: Path, since: datetime | None = None) -> Iterator[UUID]:
    """Finished batches whose document is missing or older than what became of them."""
    for batch_id, source_code, received_at, file_name, changed_at in connection.execute(
        _FINISHED, {"since": since}
    ).fetchall():
        path = outcome_path(folder, source_code, received_at, file_name, batch_id)
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            yield batch_id
            continue
        # Empty: what a power cut leaves of a file that was not on the disk yet.
        if not found.st_size or found.st_mtime < changed_at.timestamp() - 0.001:
            yield batch_id
