"""What a person decided about a batch, a bad row, a held offer or a drift: who, what, why. Append-only, and audited."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ingest.audit import append, attribute
from ingest.errors import SettingsError


@dataclass(frozen=True)
class Decision:
    """One decision: RELEASE, DISCARD or ACCEPT of a BATCH, ROW, OFFER or DRIFT, with its reason and its author."""

    subject_code: str
    decision_code: str
    batch_id: UUID
    reason: str
    actor: str
    line_number: int | None = None
    subject: dict[str, Any] = field(default_factory=dict)


_INSERT = """
insert into ingest.decisions (subject_code, decision_code, batch_id, line_number, subject, reason, actor)
values (%(subject_code)s, %(decision_code)s, %(batch_id)s, %(line_number)s, %(subject)s, %(reason)s, %(actor)s)
"""


def decide(cursor: psycopg.Cursor, decision: Decision, relation: str, row_count: int) -> None:
    """Enter a decision with its audit record, in the transaction that carries it out."""
    if not decision.reason.strip():
        raise SettingsError("NO_REASON", "a decision needs a reason", "Say why, with --reason.")
    attribute(cursor, decision.actor, decision.reason)
    cursor.execute(_INSERT, {**decision.__dict__, "subject": Jsonb(decision.subject)})
    details = {"reason": decision.reason, "line_number": decision.line_number, **decision.subject}
    append(cursor, decision.actor, decision.decision_code, relation, decision.batch_id, row_count, details)


def current_actor() -> str:
    """The account that this process runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # An account without a name, as in some containers.
        return f"uid {os.getuid()}"


def newest_decision(cursor: psycopg.Cursor, batch_id: UUID, subject_code: str = "BATCH") -> str | None:
    """The code of the last decision on a batch as a whole."""
    row = cursor.connection.execute(
        "select decision_code from ingest.decisions where batch_id = %s and subject_code = %s and line_number is null"
        " order by recorded_at desc, decision_id desc limit 1",
        (batch_id, subject_code),
    ).fetchone()
    return row[0] if row else None


def decisions_on(connection: psycopg.Connection, batch_id: UUID) -> list[dict[str, Any]]:
    """Every decision on a batch and its rows, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select subject_code, decision_code, line_number, subject, reason, actor, recorded_at"
            " from ingest.decisions where batch_id = %s order by recorded_at, decision_id",
            (batch_id,),
        ).fetchall()
