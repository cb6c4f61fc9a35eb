"""The ledger of batches: which wait, what became of each, its bad rows and check results. SQL in full."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from ingest.audit import append
from ingest.contracts import CONTRACTS
from ingest.readers.records import Envelope, Raw, Reasons
from ingest.stores.copying import ID, CopyData
from ingest.verdicts import CheckOutcome

if TYPE_CHECKING:
    from ingest.controls import Totals
    from ingest.profiles.model import Profile
    from ingest.reading import Reading


STORED_STATES = ("ACCEPTED", "ACCEPTED_WITH_QUARANTINE")


@dataclass(frozen=True)
class Batch:
    """A landed batch, as the ledger has it."""

    batch_id: UUID
    sha256: str
    kind: str
    source_code: str
    file_name: str
    byte_count: int
    received_at: datetime
    state: str
    controls: dict[str, Any]


@dataclass(frozen=True)
class BatchSummary:
    """What became of a batch; ``seconds`` says where the time went, for benchmarks."""

    batch_id: UUID
    kind: str
    source: str
    file_name: str
    state: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    rows_held: int = 0
    error_code: str | None = None
    error: str | None = None
    is_repeat: bool = False
    seconds: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def needs_attention(self) -> bool:
        return self.state in ("REJECTED", "HELD") or self.rows_quarantined > 0

    def as_dict(self) -> dict[str, Any]:
        """The shape that ``partsbay ingest --json`` prints."""
        hidden = ("seconds",)
        return {name: value for name, value in self.__dict__.items() if name not in hidden}


_COLUMNS = "batch_id, sha256, kind, source_code, file_name, byte_count, received_at, state, controls"


def waiting_batches(connection: psycopg.Connection) -> list[Batch]:
    """Landed batches in the order to take them: what others refer to first, then by arrival."""
    with connection.cursor(row_factory=class_row(Batch)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from ingest.batches where state = 'LANDED'"
            " order by array_position(%s::text[], kind), received_at, file_name, batch_id",
            (list(CONTRACTS),),
        ).fetchall()


def lock(cursor: psycopg.Cursor, batch_id: UUID) -> Batch:
    """The batch, kept from other loaders until this transaction ends."""
    cursor.row_factory = class_row(Batch)
    batch = cursor.execute(f"select {_COLUMNS} from ingest.batches where batch_id = %s for update", (batch_id,))
    return batch.fetchone()


def has_stored(connection: psycopg.Connection, batch: Batch) -> bool:
    """Whether rows of a batch that was taken before are in its store, or wait there for approval."""
    if batch.state not in STORED_STATES:
        return False
    contract = CONTRACTS[batch.kind]
    query = sql.SQL("select exists (select from {} where batch_id = %s)")
    return any(
        connection.execute(query.format(sql.Identifier(*relation.split("."))), (batch.batch_id,)).fetchone()[0]
        for relation in (contract.relation, contract.waiting_relation)
        if relation
    )


def summary(connection: psycopg.Connection, batch_id: UUID, is_repeat: bool = False) -> BatchSummary:
    """What the ledger says of a batch now."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select batch_id, kind, source_code as source, file_name, state, rows_read, rows_accepted, rows_duplicate,"
            " rows_quarantined, rows_held, error_code, error from ingest.batches where batch_id = %s",
            (batch_id,),
        ).fetchone()
    return BatchSummary(**row, is_repeat=is_repeat)


_FINISH = """
update ingest.batches set
    state = %(state)s,
    rows_read = %(rows_read)s,
    rows_accepted = %(rows_accepted)s,
    rows_duplicate = %(rows_duplicate)s,
    rows_quarantined = %(rows_quarantined)s,
    rows_held = %(rows_held)s,
    error_code = %(error_code)s,
    error = %(error)s,
    rule_version = %(rule_version)s,
    attempt_count = attempt_count + 1,
    finished_at = clock_timestamp()
where batch_id = %(batch_id)s
"""


def finish(cursor: psycopg.Cursor, outcome: BatchSummary, rule_version: str) -> None:
    """Enter what became of a batch."""
    cursor.execute(_FINISH, {**outcome.as_dict(), "rule_version": rule_version})


_DESCRIBE = """
update ingest.batches set
    format_code = %(format_code)s,
    profile_version = %(profile_version)s,
    submission_code = %(submission)s,
    sequence_number = %(sequence_number)s,
    previous_sequence_number = %(previous_sequence_number)s,
    stated_at = coalesce(%(stated_at)s::timestamptz, %(latest_at)s, received_at),
    latest_at = %(latest_at)s,
    document_number = %(document_number)s,
    column_names = %(column_names)s,
    controls = controls || %(controls)s
where batch_id = %(batch_id)s
"""
_PROFILE = """
insert into ingest.profiles (profile_version, source_code, kind, content)
values (%(profile_version)s, %(source_code)s, %(kind)s, %(content)s)
on conflict do nothing
"""


def describe(
    cursor: psycopg.Cursor,
    batch: Batch,
    profile: Profile,
    reading: Reading,
    envelope: Envelope,
    totals: Totals,
    latest_at: datetime | None,
) -> None:
    """Enter how a batch was read and what it says of itself; the profile is kept as it was used."""
    declared = batch.controls.get("declared", {})
    values = {
        "batch_id": batch.batch_id,
        "format_code": reading.format_code,
        "profile_version": profile.version,
        "submission": declared.get("submission") or envelope.submission or profile.submission,
        "sequence_number": declared.get("sequence_number", envelope.sequence_number),
        "previous_sequence_number": declared.get("previous_sequence_number", envelope.previous_sequence_number),
        "stated_at": declared.get("stated_at") or envelope.stated_at,
        "latest_at": latest_at,
        "document_number": envelope.document_number,
        "column_names": list(reading.column_names),
        "controls": Jsonb(totals.as_dict()),
        "source_code": profile.source_code,
        "kind": profile.kind,
        "content": Jsonb(profile.model_dump(mode="json", exclude_defaults=True)),
    }
    cursor.execute(_PROFILE, values)
    cursor.execute(_DESCRIBE, values)


_SETTLE_REPLAYED = """
update ingest.quarantined_rows set status = 'REPLAYED', status_reason = 'good by today''s rules and catalogue'
where status in ('OPEN', 'FIXED')
    and (
        (batch_id = %(batch_id)s and repaired_by_batch_id is null and not line_number = any(%(bad)s))
        -- What stood for such a row in a repair is settled with it.
        or (repairs_batch_id = %(batch_id)s and repairs_line_number in (
            select line_number from ingest.quarantined_rows
            where batch_id = %(batch_id)s and status in ('OPEN', 'FIXED') and repaired_by_batch_id is null
                and not line_number = any(%(bad)s)
        ))
    )
"""
# Good now, but nothing of its batch is stored yet: bad again, it is open again.
_SETTLE_HELD = """
update ingest.quarantined_rows set status = 'FIXED', status_reason = 'good by today''s rules; its batch is not stored'
where batch_id = %(batch_id)s and status = 'OPEN' and repaired_by_batch_id is null and not line_number = any(%(bad)s)
"""
_MERGE_QUARANTINED = """
insert into ingest.quarantined_rows (batch_id, line_number, place, raw, reasons, rule_version)
select batch_id, line_number, place, raw, reasons, rule_version from quarantining
on conflict (batch_id, line_number) do update
set reasons = excluded.reasons, rule_version = excluded.rule_version, status = 'OPEN', status_reason = null
where quarantined_rows.status = 'OPEN'
    or (quarantined_rows.status = 'FIXED' and quarantined_rows.repaired_by_batch_id is null)
"""


def quarantine(
    cursor: psycopg.Cursor,
    batch: Batch,
    bad: Reasons,
    raw: dict[int, Raw],
    rule_version: str,
    is_stored: bool | None = True,
    actor: str = "pipeline",
) -> None:
    """Keep bad rows with their text, place and reasons, once per line.

    Of a batch that was judged before, open rows that are good now are settled as REPLAYED
    if the batch was stored, and as FIXED while it is not. None is a file that could not be
    read: then nothing is known of its other rows.
    """
    target = "ingest.quarantined_rows"
    if batch.state != "LANDED":
        values = {"batch_id": batch.batch_id, "bad": list(bad)}
        if is_stored is False:
            cursor.execute(_SETTLE_HELD, values)
        elif is_stored:
            settled = cursor.execute(_SETTLE_REPLAYED, values).rowcount
            if settled:
                append(cursor, actor, "REPLAY", "ingest.quarantined_rows", batch.batch_id, settled, {})
        cursor.execute(
            "create temporary table quarantining on commit drop as select * from ingest.quarantined_rows with no data"
        )
        target = "quarantining"
    if not bad:
        return
    lines = sorted(bad)
    rows = [raw.get(line_number, _NO_RAW) for line_number in lines]
    columns = {
        "batch_id": pa.repeat(pa.scalar(batch.batch_id.bytes, ID), len(lines)),
        "line_number": pa.array(lines, pa.int64()),
        "place": pa.array([row.place for row in rows], pa.string()),
        "raw": pa.array([row.text for row in rows], pa.string()),
        "reasons": pa.array([bad[line_number] for line_number in lines], pa.list_(pa.string())),
        "rule_version": pa.repeat(rule_version, len(lines)),
    }
    CopyData.of(pa.table(columns)).copy_to(cursor, target)
    if target == "quarantining":
        cursor.execute(_MERGE_QUARANTINED)


_NO_RAW = Raw("", "")


_CHECK = """
insert into ingest.check_results (run_id, batch_id, origin, asset_name, check_name, column_name, severity, is_success,
    evaluated_count, failed_count, details)
values (%(run_id)s, %(batch_id)s, 'gx', %(asset_name)s, %(check_name)s, %(column_name)s, %(severity)s, %(is_success)s,
    %(evaluated_count)s, %(failed_count)s, %(details)s)
"""


def record_checks(
    cursor: psycopg.Cursor, batch_id: UUID, asset_name: str, outcomes: list[CheckOutcome], run_id: str | None
) -> None:
    """Keep what each expectation found on a batch."""
    rows = [
        {**outcome.__dict__, "details": Jsonb(outcome.details), "batch_id": batch_id, "asset_name": asset_name}
        for outcome in outcomes
    ]
    cursor.executemany(_CHECK, [{**row, "run_id": run_id} for row in rows])


def check_outcomes(connection: psycopg.Connection, batch_ids: list[UUID]) -> list[dict[str, Any]]:
    """What every expectation found over the batches named, summed per expectation; failed ones first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            select
                check_name, column_name, severity,
                bool_and(is_success) as is_success,
                sum(evaluated_count)::bigint as evaluated_count,
                sum(failed_count)::bigint as failed_count,
                coalesce((array_agg(details order by failed_count desc))[1], '{}') as details
            from ingest.check_results
            where origin = 'gx' and batch_id = any(%s)
            group by check_name, column_name, severity
            order by is_success, failed_count desc, check_name, column_name
            """,
            (batch_ids,),
        ).fetchall()


def quarantined_rows(
    connection: psycopg.Connection, batch_id: UUID | None = None, limit: int = 1000
) -> list[dict[str, Any]]:
    """Bad rows, newest batch first and in file order, with the file they came in."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select batch_id, kind, source_code, file_name, line_number, place, reasons, raw, rows.rule_version,"
            " status, recorded_at from ingest.quarantined_rows as rows inner join ingest.batches using (batch_id)"
            " where %(batch_id)s::uuid is null or batch_id = %(batch_id)s"
            " order by received_at desc, batch_id, line_number limit %(limit)s",
            {"batch_id": batch_id, "limit": limit},
        ).fetchall()


def judged_batches(
    connection: psycopg.Connection, run_id: str | None = None, limit: int = 5000
) -> list[dict[str, Any]]:
    """Batches with the check results of each, newest first: of one run, or all; what Data Docs are made from."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_JUDGED, {"run_id": run_id, "limit": limit}).fetchall()


_JUDGED = """
select
    batch_id::text as batch_id, kind, source_code, file_name, state, received_at, rows_read, rows_quarantined,
    jsonb_agg(jsonb_build_object(
        'check_name', check_name, 'column_name', column_name, 'severity', severity, 'is_success', is_success,
        'evaluated_count', evaluated_count, 'failed_count', failed_count, 'details', details
    ) order by check_result_id) as results
from ingest.batches
inner join ingest.check_results using (batch_id)
where origin = 'gx' and (%(run_id)s::text is null or run_id = %(run_id)s)
group by batches.batch_id
order by received_at desc, batch_id
limit %(limit)s
"""
