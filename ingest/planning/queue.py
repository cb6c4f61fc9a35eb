"""The queue of the replenishment store: enqueue, claim, renew, acknowledge, fail, and a loop that does it all.

A claimed message is invisible to others until its lease ends; then it comes back, and the late
word of whoever had it is refused (``LeaseLost``). An effect is brought about once a message: its
record is written in the transaction of the effect, and a later try that finds it only
acknowledges. A message that fails waits longer each time and is a dead letter after its last try.

Own statements, and not procrastinate or pgmq, because the queue is mirrored: leases must be plain
rows of a table that logical replication carries. pgmq is an extension that both servers would
need, with a table and a sequence per queue, which are not replicated; procrastinate wakes its workers by NOTIFY,
which is not replicated either, keeps a job's claim with the worker that took it, and is a framework for jobs
in Python, where ours is a promise to other stores: the effect and its record are one transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from ingest.audit import attribute
from ingest.errors import ProtectedError
from ingest.refusals import refusals

_LOST = "PB703"
_COLUMNS = (
    "message_id, topic_code, deduplication_key, payload, attempt_count, maximum_attempt_count, lease_token, visible_at"
)


class LeaseLost(ProtectedError):
    """The lease of a message has ended or another worker has it: nothing of this try may stand."""


@dataclass(frozen=True)
class Message:
    """A message that this worker holds until ``visible_at``."""

    message_id: UUID
    topic_code: str
    deduplication_key: str
    payload: dict[str, Any]
    attempt_count: int
    maximum_attempt_count: int
    lease_token: UUID
    visible_at: datetime


@dataclass(frozen=True)
class Consumed:
    """What became of the messages that a loop took."""

    done: int = 0
    # The effect was there already; this try only said so.
    repeated: int = 0
    failed: int = 0
    dead: int = 0
    lost: int = 0

    def plus(self, **counts: int) -> Consumed:
        return replace(self, **{name: getattr(self, name) + count for name, count in counts.items()})


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with refusals():
            yield
    except ProtectedError as refused:
        if refused.code != _LOST:
            raise
        words = refused.message.removeprefix("lease_lost: ")
        raise LeaseLost("lease_lost", words, refused.mend) from refused


def enqueue(
    connection: psycopg.Connection,
    topic: str,
    key: str,
    payload: dict[str, Any],
    maximum_attempts: int = 5,
) -> tuple[UUID, bool]:
    """The id of the message, and whether it is new: the same key again answers the id of the first."""
    values = {"topic": topic, "key": key, "payload": Jsonb(payload), "attempts": maximum_attempts}
    with _refusals():
        return connection.execute(
            "select message_id, is_new from replenishment.enqueue(%(topic)s, %(key)s, %(payload)s,"
            " maximum_attempt_count => %(attempts)s)",
            values,
        ).fetchone()


def claim(
    connection: psycopg.Connection,
    topics: Sequence[str],
    worker: str,
    count: int = 10,
    visible_for: timedelta = timedelta(seconds=60),
) -> list[Message]:
    """Take up to ``count`` messages that are due, and hide them from others for ``visible_for``."""
    with _refusals(), connection.transaction(), connection.cursor(row_factory=class_row(Message)) as cursor:
        attribute(cursor, worker, None, action_code="CLAIM")
        return cursor.execute(
            f"select {_COLUMNS} from replenishment.claim(%s, %s, %s, %s)", ([*topics], worker, count, visible_for)
        ).fetchall()


def renew(connection: psycopg.Connection, message: Message, visible_for: timedelta) -> Message:
    """Keep a message for ``visible_for`` from now."""
    with _refusals():
        row = connection.execute(
            "select replenishment.renew(%s, %s, %s)", (message.message_id, message.lease_token, visible_for)
        ).fetchone()
    return replace(message, visible_at=row[0])


def begin_effect(cursor: psycopg.Cursor, message: Message) -> bool:
    """Whether the transaction of the cursor is to bring the effect about; False where it is there already."""
    with _refusals():
        query = "select replenishment.begin_effect(%s, %s) as begun"
        row = cursor.execute(query, (message.message_id, message.lease_token)).fetchone()
    return row["begun"] if isinstance(row, dict) else row[0]


def ack(cursor: psycopg.Cursor, message: Message) -> None:
    """The message is done, with whatever else the transaction of the cursor does."""
    ack_lease(cursor, message.message_id, message.lease_token)


def ack_lease(cursor: psycopg.Cursor, message_id: UUID, lease_token: UUID) -> None:
    """The same, for who knows a message by its id and lease alone."""
    with _refusals():
        cursor.execute("select replenishment.ack(%s, %s)", (message_id, lease_token))


def fail(connection: psycopg.Connection, message: Message, error: str, is_final: bool = False) -> str:
    """Say that this try failed; returns READY, or DEAD after the last one or where no other can help."""
    # The database has no text with a NUL.
    error = error.replace("\0", "\\0")
    with _refusals(), connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, "queue", error[:500], action_code="FAIL")
        return cursor.execute(
            "select status_code from replenishment.fail(%s, %s, %s, %s)",
            (message.message_id, message.lease_token, error, is_final),
        ).fetchone()[0]


def consume(
    connection: psycopg.Connection,
    topics: Sequence[str],
    worker: str,
    handle: Callable[[psycopg.Cursor, Message], None],
    count: int = 10,
    visible_for: timedelta = timedelta(seconds=60),
) -> Consumed:
    """Take messages once and let ``handle`` bring the effect of each about, in a transaction with its record and word.

    What ``handle`` raises undoes that one message alone, which comes back later. A connection
    that is gone ends the loop; the leases of the rest end by themselves.
    """
    began, consumed = time.monotonic(), Consumed()
    for message in claim(connection, topics, worker, count, visible_for):
        try:
            if time.monotonic() - began > visible_for.total_seconds() / 2:
                message = renew(connection, message, visible_for)
            consumed = consumed.plus(**_handled(connection, message, worker, handle))
        except LeaseLost:
            consumed = consumed.plus(lost=1)
        except Exception as error:
            if connection.closed:
                raise
            consumed = consumed.plus(**_failed(connection, message, error))
    return consumed


def _handled(connection, message: Message, worker: str, handle) -> dict[str, int]:
    with connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, worker, f"message {message.message_id}", action_code="HANDLE")
        if is_first := begin_effect(cursor, message):
            handle(cursor, message)
        ack(cursor, message)
    return {"done": 1} if is_first else {"repeated": 1}


def _failed(connection, message: Message, error: Exception) -> dict[str, int]:
    try:
        status = fail(connection, message, f"{type(error).__name__}: {error}")
    except LeaseLost:
        return {"lost": 1}
    return {"dead": 1} if status == "DEAD" else {"failed": 1}


def act(
    connection: psycopg.Connection, act_code: str, message_ids: Sequence[UUID], reason: str | None, actor: str
) -> list[dict[str, Any]]:
    """RETRY, REPLAY or DISCARD messages, all of them or none."""
    with _refusals(), connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        attribute(cursor, actor, reason, action_code=act_code)
        query = "select * from replenishment.act_on_messages(%s, %s)"
        return cursor.execute(query, ([*message_ids], act_code)).fetchall()


def free_leases(
    connection: psycopg.Connection,
    actor: str,
    reason: str | None,
    topics: Sequence[str] | None = None,
    worker: str | None = None,
) -> list[dict[str, Any]]:
    """End leases before their time: of one worker, of some topics, or all of them when a region takes over."""
    with _refusals(), connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        attribute(cursor, actor, reason, action_code="FREE")
        query = "select * from replenishment.free_leases(%s, %s)"
        return cursor.execute(query, ([*topics] if topics else None, worker)).fetchall()


_LISTED = """
select message_id, topic_code, deduplication_key, status_code, visible_at, attempt_count, maximum_attempt_count,
    leased_by, last_error, recorded_at, finished_at,
    exists (select from replenishment.message_effects as effects where effects.message_id = messages.message_id)
        as has_effect, payload
from replenishment.messages
where topic_code = coalesce(%(topic)s, topic_code) and status_code = coalesce(%(status)s, status_code)
    and message_id = coalesce(%(message_id)s, message_id)
order by status_code in ('DONE', 'DISCARDED'), visible_at, message_id
limit %(limit)s
"""


def messages(
    connection: psycopg.Connection,
    topic: str | None = None,
    status: str | None = None,
    message_id: UUID | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Messages, open ones first and the one that waits longest before the others."""
    values = {"topic": topic, "status": status, "message_id": message_id, "limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LISTED, values).fetchall()


def topics(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """How many messages of each topic are in which state, and since when the oldest waits."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select *, extract(epoch from clock_timestamp() - oldest_visible_at)::float8 as oldest_wait_seconds"
            " from replenishment.queue_topics order by topic_code"
        ).fetchall()
