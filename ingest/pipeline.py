"""One landed batch, from raw bytes to a store, in one transaction: all of it or none of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import psycopg
import pyarrow as pa

from ingest import batches
from ingest.batches import Batch, BatchSummary, waiting_batches
from ingest.contracts import CONTRACTS, Contract
from ingest.landing import land, stored_path
from ingest.readers.delimited import Chunk, raw_lines, read
from ingest.readers.limits import FileFault
from ingest.readers.typed import Reasons
from ingest.stores import catalogue, garage_inventory, quality_hold, reservation, supplier_feed
from ingest.stores.loading import Stored, create_incoming, store
from ingest.stores.writing import Writer
from ingest.thresholds import Thresholds
from ingest.verdicts import CheckOutcome, Judge, merged

ACTOR = "pipeline"
STATEMENTS = {
    **catalogue.STATEMENTS,
    **supplier_feed.STATEMENTS,
    **garage_inventory.STATEMENTS,
    **reservation.STATEMENTS,
    **quality_hold.STATEMENTS,
}

# Called with the batch and the unpacked bytes read so far.
Progress = Callable[[Batch, int], None]


@dataclass
class _Tally:
    """What is known of a batch while it is read."""

    row_count: int = 0
    bad: Reasons = field(default_factory=dict)
    bad_count: int = 0
    outcomes: list[CheckOutcome] = field(default_factory=list)
    rule_version: str = "reader"
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def note(self, bad: Reasons, listed_count: int) -> None:
        self.bad_count += len(bad)
        room = max(0, listed_count - len(self.bad))
        self.bad.update(list(bad.items())[:room])

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] += seconds

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - started)


class _TooManyBadRows(Exception):
    """Takes the load back to before its first row; never leaves this module."""


def process(
    connection: psycopg.Connection,
    landing: Path,
    batch_id: UUID,
    judge: Judge,
    thresholds: Thresholds | None = None,
    progress: Progress | None = None,
    run_id: str | None = None,
) -> BatchSummary:
    """Read, judge and store a landed batch; a batch that is already finished is only reported.

    Every write of the batch is one transaction of this function: a crash at any point leaves
    the batch LANDED and the stores as they were. A fault of the file or of its rows is an
    outcome; a fault of ours is raised.
    """
    thresholds, tally = thresholds or Thresholds(), _Tally()
    try:
        with connection.transaction(), connection.cursor() as cursor:
            batch = batches.lock(cursor, batch_id)
            if batch.state != "LANDED":
                return batches.summary(connection, batch_id)
            with connection.cursor() as writer:
                return _load(writer, batch, Path(landing), judge, thresholds, tally, progress, run_id)
    except FileFault as fault:
        return _reject_unreadable(connection, batch_id, fault, tally)


def land_and_process(
    connection: psycopg.Connection,
    landing: Path,
    paths: Iterable[Path],
    source_code: str,
    kind: str,
    judge: Judge,
    **options,
) -> Iterator[BatchSummary]:
    """Land the files first, then take them in the order in which they need each other."""
    landed = [land(connection, landing, path, source_code, kind) for path in paths]
    order = list(CONTRACTS)
    for arrival in sorted(landed, key=lambda a: order.index(a.kind) if a.kind in order else len(order)):
        outcome = process(connection, landing, arrival.batch_id, judge, **options)
        yield replace(outcome, is_repeat=arrival.is_repeat, file_name=arrival.file_name)


def process_waiting(connection: psycopg.Connection, landing: Path, judge: Judge, **options) -> Iterator[BatchSummary]:
    """Process every batch that waits."""
    for batch in waiting_batches(connection):
        yield process(connection, landing, batch.batch_id, judge, **options)


def _load(cursor, batch, landing, judge, thresholds, tally, progress, run_id) -> BatchSummary:
    contract = CONTRACTS[batch.kind]
    path = stored_path(landing, batch.sha256)
    # Hashes are taken of timestamps as text, so every session must spell them alike.
    cursor.execute("set local time zone 'UTC'")
    cursor.execute("set local work_mem = '64MB'")
    create_incoming(cursor, contract)
    try:
        with cursor.connection.transaction():
            stored = _take_rows(cursor, batch, contract, path, judge, thresholds, tally, progress)
    except _TooManyBadRows:
        stored = None
    outcome = _outcome(batch, stored, thresholds, tally)
    with tally.timed("audit"):
        _enter(cursor, batch, contract, path, stored, outcome, tally, run_id)
    return replace(outcome, seconds=dict(tally.seconds))


def _take_rows(cursor, batch, contract, path, judge, thresholds, tally, progress) -> Stored:
    """Read, judge and store; raises ``_TooManyBadRows`` when the batch is past its share, seen by judge or server."""
    values = {"batch_id": batch.batch_id, "source_code": batch.source_code, "kind": batch.kind}
    statements, done = STATEMENTS[batch.kind], 0
    with Writer(cursor, statements, values, tally.add) as writer:
        for chunk in _timed_chunks(path, contract, thresholds, tally):
            writer.write(_judged(chunk, batch, contract, judge, thresholds, tally))
            done += chunk.unpacked_bytes
            if progress:
                progress(batch, done)
    _check_share(batch, thresholds, tally)
    with tally.timed("merge"):
        stored = store(cursor, contract, statements, values, writer.stored_count)
    tally.note(stored.bad, thresholds.listed_count)
    _check_share(batch, thresholds, tally)
    return stored


def _check_share(batch: Batch, thresholds: Thresholds, tally: _Tally) -> None:
    if thresholds.is_exceeded(batch.kind, tally.bad_count, tally.row_count):
        raise _TooManyBadRows


def _timed_chunks(path: Path, contract: Contract, thresholds: Thresholds, tally: _Tally) -> Iterator[Chunk]:
    chunks = read(path, contract, thresholds.limits)
    while True:
        with tally.timed("read"):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _judged(chunk: Chunk, batch, contract, judge, thresholds, tally: _Tally) -> pa.Table:
    with tally.timed("judge"):
        verdict = judge(chunk.table, contract, batch.received_at)
    tally.row_count += chunk.row_count
    tally.note(chunk.bad, thresholds.listed_count)
    tally.note(verdict.bad_rows, thresholds.listed_count)
    tally.outcomes = merged(tally.outcomes, verdict.results)
    tally.rule_version = verdict.rule_version
    return verdict.good_rows


def _outcome(batch: Batch, stored: Stored | None, thresholds: Thresholds, tally: _Tally) -> BatchSummary:
    good = tally.row_count - tally.bad_count
    common = {
        "batch_id": batch.batch_id,
        "kind": batch.kind,
        "source": batch.source_code,
        "file_name": batch.file_name,
        "rows_read": tally.row_count,
        "rows_quarantined": tally.bad_count,
    }
    if stored is None:
        share, limit = tally.bad_count / tally.row_count, thresholds.share(batch.kind)
        words = f"{tally.bad_count} of {tally.row_count} rows are bad ({share:.1%}; at most {limit:.0%} may be)"
        first = min(tally.bad)
        words += f"; nothing was stored. First: line {first}: {tally.bad[first][0]}"
        return BatchSummary(
            **common,
            state="REJECTED",
            rows_held=good,
            error_code="TOO_MANY_BAD_ROWS",
            error=f"{batch.file_name}: {words}",
        )
    return BatchSummary(
        **common,
        state="ACCEPTED_WITH_QUARANTINE" if tally.bad_count else "ACCEPTED",
        rows_accepted=good - stored.duplicate_count,
        rows_duplicate=stored.duplicate_count,
    )


def _enter(cursor, batch: Batch, contract, path, stored: Stored | None, outcome, tally: _Tally, run_id) -> None:
    """The bad rows, the check results, the audit records and the ledger entry of a batch."""
    if tally.bad:
        raw = raw_lines(path, tally.bad)
        batches.quarantine(cursor, batch.batch_id, tally.bad, raw, tally.rule_version)
    batches.record_checks(cursor, batch.batch_id, contract.relation.replace(".", "/"), tally.outcomes, run_id)
    batches.finish(cursor, outcome, tally.rule_version)
    for relation, row_count in (stored.written if stored else {}).items():
        if row_count:
            _audit(cursor, batch, contract.store, relation, row_count)


def _audit(cursor, batch: Batch, store_name: str, relation: str, row_count: int) -> None:
    """Last before commit: writers of one stream wait for each other from here on."""
    cursor.execute(
        "select audit.append(%s, %s, 'LOAD', %s, %s, %s, %s, jsonb_build_object('source_code', %s::text,"
        " 'file_name', %s::text))",
        (
            store_name,
            ACTOR,
            relation,
            batch.batch_id,
            row_count,
            bytes.fromhex(batch.sha256),
            batch.source_code,
            batch.file_name,
        ),
    )


def _reject_unreadable(connection, batch_id: UUID, fault: FileFault, tally: _Tally) -> BatchSummary:
    """Enter a file that cannot be read as REJECTED; where it broke becomes its one quarantined row."""
    with connection.transaction(), connection.cursor() as cursor:
        batch = batches.lock(cursor, batch_id)
        has_place = fault.raw is not None
        outcome = BatchSummary(
            batch_id,
            batch.kind,
            batch.source_code,
            batch.file_name,
            "REJECTED",
            rows_read=tally.row_count + has_place,
            rows_quarantined=int(has_place),
            rows_held=tally.row_count,
            error_code=fault.code,
            error=f"{batch.file_name}: {fault.message}. {fault.mend}",
            seconds=dict(tally.seconds),
        )
        with connection.cursor() as writer:
            if has_place:
                place = fault.line_number or 1
                reasons = {place: [f"{fault.code}: {fault.message}"]}
                batches.quarantine(writer, batch_id, reasons, {place: fault.raw}, tally.rule_version)
            batches.finish(writer, outcome, tally.rule_version)
    return outcome
