"""What is remembered of inboxes: versions that were taken, since when a file waits, how the last look went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from ingest.arrival.entries import WaitingFile


@dataclass(frozen=True)
class Sighting:
    """A file that was seen and not taken: since when it is as it is, and why it waits."""

    path: str
    version: str
    first_seen_at: datetime
    reason: str | None


@dataclass(frozen=True)
class InboxState:
    """How the last look at an inbox went."""

    inbox_name: str
    looked_at: datetime
    answered_at: datetime | None
    entry_count: int
    waiting_count: int
    fault: str | None


def taken_versions(connection: psycopg.Connection, inbox_name: str) -> dict[str, str]:
    """Path → the version that was taken last; only of batches that the ledger has."""
    rows = connection.execute(
        "select distinct on (path) path, version from ingest.arrivals where inbox_name = %s"
        " order by path, arrival_id desc",
        (inbox_name,),
    )
    return dict(rows.fetchall())


def note_taken(connection: psycopg.Connection, file: WaitingFile, batch_id: UUID) -> None:
    """Remember that this version was landed; in the transaction that landed it."""
    values = (file.inbox_name, file.shown_path, file.version, batch_id)
    connection.execute(
        "insert into ingest.arrivals (inbox_name, path, version, batch_id) values (%s, %s, %s, %s)", values
    )
    connection.execute("delete from ingest.sightings where inbox_name = %s and path = %s", values[:2])


def lock(connection: psycopg.Connection, inbox_name: str) -> None:
    """Let two looks at an inbox write down what they saw one after the other; until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('inbox ' || %s, 0))", (inbox_name,))


def sightings(connection: psycopg.Connection, inbox_name: str) -> dict[str, Sighting]:
    """Path → what is known of a file that waits."""
    with connection.cursor(row_factory=class_row(Sighting)) as cursor:
        rows = cursor.execute(
            "select path, version, first_seen_at, reason from ingest.sightings where inbox_name = %s", (inbox_name,)
        ).fetchall()
    return {row.path: row for row in rows}


_SEE = """
insert into ingest.sightings (inbox_name, path, version, byte_count, first_seen_at, reason)
select %(inbox_name)s, seen.* from unnest(%(paths)s::text[], %(versions)s::text[], %(byte_counts)s::bigint[],
    array_fill(%(now)s::timestamptz, array[cardinality(%(paths)s::text[])]), %(reasons)s::text[]) as seen
on conflict (inbox_name, path) do update set
    version = excluded.version,
    byte_count = excluded.byte_count,
    reason = coalesce(excluded.reason, case when sightings.version = excluded.version then sightings.reason end),
    first_seen_at = case when sightings.version = excluded.version
        then sightings.first_seen_at else excluded.first_seen_at end
"""


def note_seen(
    connection: psycopg.Connection,
    inbox_name: str,
    files: Sequence[tuple[WaitingFile, str | None]],
    now: datetime,
) -> None:
    """Remember files that were seen and not taken, each with why it waits; the time starts anew when one changes."""
    once = {file.shown_path: (file, reason) for file, reason in files}
    values = {
        "inbox_name": inbox_name,
        "now": now,
        "paths": list(once),
        "versions": [file.version for file, _ in once.values()],
        "byte_counts": [file.byte_count for file, _ in once.values()],
        "reasons": [reason for _, reason in once.values()],
    }
    if once:
        connection.execute(_SEE, values)


def forget(connection: psycopg.Connection, inbox_name: str, paths: Iterable[str]) -> None:
    """Forget files that are no longer there."""
    connection.execute(
        "delete from ingest.sightings where inbox_name = %s and path = any(%s)", (inbox_name, list(paths))
    )


def inbox_states(connection: psycopg.Connection) -> dict[str, InboxState]:
    """How the last look at each inbox went."""
    with connection.cursor(row_factory=class_row(InboxState)) as cursor:
        rows = cursor.execute(
            "select inbox_name, looked_at, answered_at, entry_count, waiting_count, fault from ingest.inboxes"
        ).fetchall()
    return {row.inbox_name: row for row in rows}


def note_look(
    connection: psycopg.Connection,
    inbox_name: str,
    now: datetime,
    entry_count: int,
    waiting_count: int,
    fault: str | None,
) -> None:
    """Remember how a look went."""
    connection.execute(
        """
        insert into ingest.inboxes (inbox_name, looked_at, answered_at, entry_count, waiting_count, fault)
        values (%(name)s, %(now)s, %(answered)s, %(entries)s, %(waiting)s, %(fault)s)
        on conflict (inbox_name) do update set
            looked_at = excluded.looked_at,
            answered_at = coalesce(excluded.answered_at, inboxes.answered_at),
            entry_count = excluded.entry_count,
            waiting_count = excluded.waiting_count,
            fault = excluded.fault
        """,
        {
            "name": inbox_name, "now": now, "answered": None if fault else now, "entries": entry_count,
            "waiting": waiting_count, "fault": fault,
        },
    )  # fmt: skip
