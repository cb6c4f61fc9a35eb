"""One landed batch, from raw bytes to a store, in one transaction: all of it or none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa

from ingest import batches, drift
from ingest.amending import Repair, amendments, raw_with_places, repair_of
from ingest.audit import append, attribute
from ingest.batches import STORED_STATES, Batch, BatchSummary, waiting_batches
from ingest.contracts import CONTRACTS, Contract
from ingest.controls import Totals, totals_of
from ingest.decisions import newest_decision
from ingest.errors import SettingsError
from ingest.feed_rules.storing import after_store
from ingest.feed_rules.submission import Submission, submission_of
from ingest.feed_rules.whole import hold_whole
from ingest.known_lines import Shortened, without_known_lines
from ingest.landing import land_all, stored_path
from ingest.memory import keep_freed_memory
from ingest.profiles.envelopes import as_canonical_controls, as_canonical_envelope, given_columns
from ingest.profiles.folder import Profiles
from ingest.profiles.model import Profile
from ingest.readers.formats import recognise_format
from ingest.readers.limits import MEBIBYTE, FileFault
from ingest.readers.records import Envelope, Raw
from ingest.reading import Chunk, Reading
from ingest.references import answered_batches, note_awaited
from ingest.refused_rows import RefusedRows
from ingest.small_files import judged_ahead
from ingest.stores import catalogue, garage_inventory, orders, quality_hold, reservation, supplier_feed
from ingest.stores.direct import Direct, no_facts
from ingest.stores.loading import Stored, create_incoming, store
from ingest.stores.writing import Writer
from ingest.tally import Stop, Tally
from ingest.thresholds import Thresholds
from ingest.verdicts import Judge

ACTOR = "pipeline"
STATEMENTS = {
    **catalogue.STATEMENTS,
    **supplier_feed.STATEMENTS,
    **garage_inventory.STATEMENTS,
    **reservation.STATEMENTS,
    **quality_hold.STATEMENTS,
    **orders.STATEMENTS,
}

# Called with the batch and the unpacked bytes read so far.
Progress = Callable[[Batch, int], None]


# Small blocks keep both processors at work from the start, and memory low; each has a price of its own, too.
_TEXT_BLOCK_BYTES = 4 * MEBIBYTE


class _Stopped(Exception):
    """Takes the load back to before its first row; never leaves this module."""

    def __init__(self, stop: Stop):
        self.stop = stop


class _NotProved(Exception):
    """The lines that were read do not confirm that the others are known; never leaves this module."""


def process(
    connection: psycopg.Connection,
    landing: Path,
    batch_id: UUID,
    judge: Judge,
    thresholds: Thresholds | None = None,
    progress: Progress | None = None,
    run_id: str | None = None,
    profiles: Profiles | None = None,
    again: bool = False,
    compare: bool = True,
    actor: str = ACTOR,
) -> BatchSummary:
    """Read, judge and store a landed batch; a batch that is already finished is only reported.

    Every write of the batch is one transaction of this function: a crash at any point leaves
    the batch LANDED and the stores as they were. A fault of the file or of its rows is an
    outcome; a fault of ours is raised. ``again`` takes a finished batch once more from its
    raw bytes: what it stored stays as it is, what was refused is judged by today's rules.
    ``compare`` lets lines that an earlier file brought byte for byte pass unread. ``actor``
    stands in the audit records.
    """
    keep_freed_memory()
    thresholds, profiles = thresholds or Thresholds(), profiles or Profiles(None)
    tally, landing, load = Tally(thresholds.listed_count), Path(landing), None
    try:
        with connection.transaction(), connection.cursor() as cursor:
            batch = batches.lock(cursor, batch_id)
            if batch.state != "LANDED" and not again:
                return batches.summary(connection, batch_id)
            with connection.cursor() as writer:
                load = _Load(
                    writer, batch, landing, judge, thresholds, tally, progress, run_id, profiles, compare, actor
                )
                return load.run()
    except (FileFault, _NotProved) as fault:
        if load and load.known:
            options = (thresholds, progress, run_id, profiles, again)
            return process(connection, landing, batch_id, judge, *options, compare=False, actor=actor)
        return _reject_unreadable(connection, batch_id, fault, tally)


def land_and_process(
    connection: psycopg.Connection,
    landing: Path,
    paths: Iterable[Path],
    source_code: str,
    kind: str,
    judge: Judge,
    profiles: Profiles | None = None,
    **options,
) -> Iterator[BatchSummary]:
    """Land the files first, take them in the order in which they need each other, then what waited for them."""
    landed = land_all(connection, landing, paths, source_code, kind, profiles, options.get("actor"))
    order = list(CONTRACTS)
    landed.sort(key=lambda a: order.index(a.kind) if a.kind in order else len(order))
    for arrival in judged_ahead(landed, landing, judge, profiles):
        outcome = process(connection, landing, arrival.batch_id, judge, profiles=profiles, **options)
        yield replace(outcome, is_repeat=arrival.is_repeat, file_name=arrival.file_name)
    yield from retry_unknown(connection, landing, judge, profiles=profiles, **options)


def process_waiting(connection: psycopg.Connection, landing: Path, judge: Judge, **options) -> Iterator[BatchSummary]:
    """Process every batch that waits, then those that waited for what these brought."""
    for batch in judged_ahead(waiting_batches(connection), landing, judge, options.get("profiles")):
        yield process(connection, landing, batch.batch_id, judge, **options)
    yield from retry_unknown(connection, landing, judge, **options)


def retry_unknown(
    connection: psycopg.Connection, landing: Path, judge: Judge, kinds: list[str] | None = None, **options
) -> Iterator[BatchSummary]:
    """Take batches again whose unknown garages, suppliers or parts the catalogue, or a decision, has brought since.

    One query when nothing waits. What still is unknown afterwards waits on, so each answer
    is acted upon once.
    """
    for batch_id in answered_batches(connection, kinds):
        yield process(connection, landing, batch_id, judge, **{**options, "again": True})


@dataclass
class _Load:
    """The load of one batch within its transaction."""

    cursor: psycopg.Cursor
    batch: Batch
    landing: Path
    judge: Judge
    thresholds: Thresholds
    tally: Tally
    progress: Progress | None
    run_id: str | None
    profiles: Profiles
    compare: bool = True
    actor: str = ACTOR
    known: Shortened | None = None
    awaited: set[tuple[str, str]] = field(default_factory=set)
    watch: drift.Watch | None = None
    refused: RefusedRows = field(default_factory=RefusedRows)

    def run(self) -> BatchSummary:
        batch, path = self.batch, stored_path(self.landing, self.batch.sha256)
        repair = repair_of(self.cursor, batch, path, self.thresholds.limits)
        try:
            profile = repair.profile if repair else self.profiles.find(batch.source_code, batch.kind, batch.file_name)
        except SettingsError as error:
            return self._wait_for_profile(error)
        batch = self.batch = replace(batch, controls=as_canonical_controls(batch.controls, profile))
        contract = CONTRACTS[batch.kind]
        thresholds = self.thresholds.of(profile)
        reading, envelope = _opened(batch, contract, profile, path, thresholds)
        reading.amend = amendments(self.cursor, batch, repair)
        if repair and repair.stated_at:
            reading.constants = {"stated_at": repair.stated_at, **reading.constants}
        self.tally.is_released = newest_decision(self.cursor, batch.batch_id) == "RELEASE"
        if not repair and not reading.is_canonical:
            self.watch = drift.Watch(self.cursor, batch, profile, contract, reading.format_code, self.tally.changes)
            reading.on_columns = self.watch.columns
        totals = totals_of(batch.kind, envelope, batch.controls.get("declared", {}))
        stored, stop = None, None
        _prepare(self.cursor)
        attribute(self.cursor, self.actor, correlation_id=self.run_id, batch_id=batch.batch_id)
        try:
            with self._shortened(profile, reading, envelope), self.cursor.connection.transaction():
                stored = self._take_rows(contract, profile, reading, envelope, totals, thresholds)
        except _Stopped as stopped:
            stop = stopped.stop
        if stop and self._has_stored():
            return _as_it_was(self.cursor.connection, batch, f"{stop.code}: {stop.words}")
        if self.watch:
            self.watch.finish()
        drift.record(self.cursor, batch.batch_id, self.tally.changes)
        batches.describe(self.cursor, batch, profile, reading, envelope, totals, self.tally.latest_at)
        outcome = self.tally.summary(batch, stored, stop)
        with self.tally.timed("audit"):
            self._enter(contract, reading, stored, outcome, repair)
        return replace(outcome, seconds=dict(self.tally.seconds))

    @contextmanager
    def _shortened(self, profile: Profile, reading: Reading, envelope: Envelope) -> Iterator[None]:
        """Let only those lines be read that no earlier file brought, as long as the context lasts."""
        with ExitStack() as stack:
            if self._may_shorten(profile, reading, envelope):
                with self.tally.timed("read"):
                    known = without_known_lines(self.cursor, self.landing, self.batch, profile, reading.limits)
                    self.known = stack.enter_context(known)
            if self.known:
                reading.rest, reading.amend = self.known.path, self.known.amend
            yield

    def _may_shorten(self, profile: Profile, reading: Reading, envelope: Envelope) -> bool:
        """Whether rows of the kind stand alone, and nothing but its own bytes says what a line of the file means."""
        return (
            self.compare
            and STATEMENTS[self.batch.kind].is_direct
            and reading.format_code == "delimited"
            and reading.amend is None
            and set(reading.constants) <= {"supplier_code"}
            and envelope == Envelope()
            and not submission_of(self.batch, profile, envelope).is_full
        )

    def _wait_for_profile(self, error: SettingsError) -> BatchSummary:
        """A profile that cannot be used holds the files of its own sender, and nobody else's."""
        if self._has_stored():
            return _as_it_was(self.cursor.connection, self.batch, f"{error.code}: {error.message}. {error.mend}")
        stop = Stop("HELD", error.code, f"{error.message}. {error.mend}")
        outcome = self.tally.summary(self.batch, None, stop)
        batches.finish(self.cursor, outcome, self.tally.rule_version)
        return outcome

    def _has_stored(self) -> bool:
        return batches.has_stored(self.cursor.connection, self.batch)

    def _take_rows(
        self,
        contract: Contract,
        profile: Profile,
        reading: Reading,
        envelope: Envelope,
        totals: Totals,
        thresholds: Thresholds,
    ) -> Stored:
        """Read, judge and store; raises ``_Stopped`` when nothing of the batch may be stored."""
        batch, statements, done = self.batch, STATEMENTS[self.batch.kind], 0
        values, submission = values_of(batch), submission_of(batch, profile, envelope)
        # What a FULL batch names is read from ``keyed``, so all of its rows must be there.
        direct = (
            Direct(self.cursor, contract.relation, values) if statements.is_direct and not submission.is_full else None
        )
        make_incoming = partial(create_incoming, self.cursor, contract)
        with Writer(self.cursor, statements, values, self.tally.add, make_incoming, direct) as writer:
            for chunk in _timed(reading.chunks(), self.tally):
                self.tally.settled_count += chunk.aside.settled_count
                self.tally.duplicate_count += chunk.aside.duplicate_count
                totals.add(chunk.table, len(chunk.bad) + chunk.aside.count)
                if self.watch:
                    self.watch.saw(chunk)
                writer.write(self._judged(chunk, contract, submission))
                done += chunk.unpacked_bytes
                if self.progress:
                    self.progress(batch, done)
        if self.known and not self.known.is_proved(reading.column_names, self.tally.rule_version, self.tally.latest_at):
            raise _NotProved
        totals.check()
        self._stop_if(self.tally.stop(batch, thresholds))
        if not self.tally.is_released and batch.state not in STORED_STATES:
            found = self.tally.row_count, self.tally.latest_at
            self._stop_if(hold_whole(self.cursor, batch, profile, submission, *found))
        with self.tally.timed("merge"):
            values |= direct.facts if direct else no_facts()
            if not values["direct_count"]:
                writer.need_incoming()
            values["has_keyed"] = writer.has_incoming
            stored_count = writer.stored_count + values["direct_count"]
            stored = store(self.cursor, contract, statements, values, stored_count, writer.has_incoming)
            self.tally.note_stored(stored)
            self.awaited = stored.awaited
            self._stop_if(self.tally.stop(batch, thresholds))
            stored.held_count = after_store(self.cursor, values, profile, submission, self.tally.latest_at)
        return stored

    def _stop_if(self, stop: Stop | None) -> None:
        if stop:
            raise _Stopped(stop)

    def _judged(self, chunk: Chunk, contract: Contract, submission: Submission) -> pa.Table:
        with self.tally.timed("judge"):
            verdict = self.judge(chunk.table, contract, self.batch.received_at)
        self.tally.row_count += chunk.row_count
        self.tally.note(chunk.bad)
        submission.note_bad(chunk.refused, chunk.table, verdict.bad_rows, len(chunk.bad) + len(verdict.bad_rows))
        self.tally.judged(verdict)
        self.tally.saw(verdict.good_rows, contract)
        with self.tally.timed("audit"):
            self.refused.keep(chunk, self.tally.bad.keys() & {*chunk.bad, *verdict.bad_rows})
        return verdict.good_rows

    def _enter(
        self,
        contract: Contract,
        reading: Reading,
        stored: Stored | None,
        outcome: BatchSummary,
        repair: Repair | None = None,
    ) -> None:
        """The bad rows, the check results, the audit records and the ledger entry of a batch."""
        raw = raw_with_places(self.refused.all(reading, self.tally.bad), repair)
        batches.quarantine(
            self.cursor, self.batch, self.tally.bad, raw, self.tally.rule_version, stored is not None, self.actor
        )
        if repair:
            repair.settle(self.cursor, self.tally.bad, outcome.state, self.actor)
        asset_name = contract.relation.replace(".", "/")
        batches.record_checks(self.cursor, self.batch.batch_id, asset_name, self.tally.outcomes, self.run_id)
        if self.awaited or self.batch.state != "LANDED":
            note_awaited(self.cursor, self.batch.batch_id, self.awaited)
        batches.finish(self.cursor, outcome, self.tally.rule_version)
        # What is stored while the file is still read leaves one record when it is done; of others each statement does.
        written = stored.written if stored and STATEMENTS[self.batch.kind].insert_new else {}
        for relation, row_count in written.items():
            if row_count:
                self._record_load(contract.store, relation, row_count)

    def _record_load(self, stream: str, relation: str, row_count: int) -> None:
        batch = self.batch
        details = {"source_code": batch.source_code, "file_name": batch.file_name}
        content_hash = bytes.fromhex(batch.sha256)
        append(self.cursor, self.actor, "LOAD", relation, batch.batch_id, row_count, details, stream, content_hash)


def values_of(batch: Batch) -> dict[str, Any]:
    """What the statements of a store bind: who said so, and when we came to know of it."""
    return {
        "batch_id": batch.batch_id,
        "source_code": batch.source_code,
        "kind": batch.kind,
        "received_at": batch.received_at,
    }


def _opened(
    batch: Batch, contract: Contract, profile: Profile, path: Path, thresholds: Thresholds
) -> tuple[Reading, Envelope]:
    """The file as rows of its kind, and what it says of itself."""
    format_code = profile.format or recognise_format(path, thresholds.limits)
    limits = thresholds.limits
    if format_code == "delimited":
        limits = replace(limits, block_bytes=min(limits.block_bytes, _TEXT_BLOCK_BYTES))
    reading = Reading(path, contract, profile, format_code, limits)
    envelope = as_canonical_envelope(reading.envelope(), profile, batch.file_name)
    reading.constants = given_columns(envelope, profile, contract, batch.source_code, batch.received_at)
    return reading, envelope


def _prepare(cursor: psycopg.Cursor) -> None:
    # Hashes are taken of timestamps as text, so every session must spell them alike.
    cursor.execute("select set_config('timezone', 'UTC', true), set_config('work_mem', '64MB', true)")


def _timed(chunks: Iterator[Chunk], tally: Tally) -> Iterator[Chunk]:
    while True:
        with tally.timed("read"):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _as_it_was(connection: psycopg.Connection, batch: Batch, words: str) -> BatchSummary:
    """What is stored of a batch stays, and the ledger says so, whatever became of taking it once more."""
    error = f"{batch.file_name}: taken again, and left as it was. {words}"
    return replace(batches.summary(connection, batch.batch_id), error_code="LEFT_AS_IT_WAS", error=error)


def _reject_unreadable(connection, batch_id: UUID, fault: FileFault, tally: Tally) -> BatchSummary:
    """Enter a file that cannot be read as REJECTED; where it broke becomes its one quarantined row."""
    with connection.transaction(), connection.cursor() as cursor:
        batch = batches.lock(cursor, batch_id)
        if batches.has_stored(connection, batch):
            return _as_it_was(connection, batch, f"{fault.code}: {fault.message}. {fault.mend}")
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
        place = fault.line_number or 1
        reasons = {place: [f"{fault.code}: {fault.message}"]} if has_place else {}
        raw = {place: Raw(fault.raw, f"line {place}")} if has_place else {}
        with connection.cursor() as writer:
            batches.quarantine(writer, batch, reasons, raw, tally.rule_version, is_stored=None)
            drift.record(writer, batch_id, tally.changes)
            batches.finish(writer, outcome, tally.rule_version)
    return outcome
