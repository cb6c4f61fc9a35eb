"""The life of a draft: DRAFT, REVIEW, PUBLISHED, RETIRED. Every step is an event; the database keeps their order.

Who wrote a supersession does not decide about it, and a part that names another successor than before is one. What is
published never changes: a later draft makes a further version, or a further revision of the same moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.errors import CheckViolation, UniqueViolation
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from ingest.audit import attribute
from ingest.catalogue.content import (
    IS_RETIRED,
    VALID_FROM,
    Content,
    changed,
    check,
    is_end,
    started,
    store_version,
    versions_of,
)
from ingest.catalogue.refusing import refusal_of
from ingest.errors import PartsbayError, SettingsError
from ingest.verdicts import Judge


@dataclass(frozen=True)
class Draft:
    """A draft as its events have made it; ``reason`` is the last word on it, by ``actor``."""

    draft_id: UUID
    entity_code: str
    content: Content
    author: str
    reason: str | None
    actor: str
    state_code: str
    is_approved: bool
    reviewer: str | None
    drafted_at: datetime
    submitted_at: datetime | None
    reviewed_at: datetime | None
    published_at: datetime | None
    retired_at: datetime | None
    changed_at: datetime


_DRAFTS = """
select
    draft_id, entity_code, content, author, reason, actor, state_code, is_approved, reviewer, drafted_at, submitted_at,
    reviewed_at, published_at, retired_at, changed_at
from catalogue.drafts
where (%(draft_id)s::uuid is null or draft_id = %(draft_id)s)
    and (%(entity_code)s::text is null or entity_code = %(entity_code)s)
    and (%(state_code)s::text is null or state_code = %(state_code)s)
order by changed_at desc, draft_id
limit %(limit)s
"""


def drafts(
    connection: psycopg.Connection,
    state_code: str | None = None,
    entity_code: str | None = None,
    limit: int = 200,
    draft_id: UUID | None = None,
) -> list[Draft]:
    """Drafts, the last changed first."""
    values = {"draft_id": draft_id, "state_code": state_code, "entity_code": entity_code, "limit": limit}
    with connection.cursor(row_factory=class_row(Draft)) as cursor:
        return cursor.execute(_DRAFTS, values).fetchall()


def draft_of(connection: psycopg.Connection, draft_id: UUID) -> Draft:
    """One draft; refuses an id that is none."""
    found = drafts(connection, draft_id=draft_id)
    if not found:
        words = f"there is no draft {draft_id}"
        raise SettingsError("NO_SUCH_DRAFT", words, "Copy the draft from partsbay catalogue drafts.")
    return found[0]


def events_of(connection: psycopg.Connection, draft_id: UUID) -> list[dict[str, Any]]:
    """Every step of a draft, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select sequence_number, event_type_code, actor, reason, recorded_at from catalogue.draft_events"
            " where draft_id = %s order by sequence_number",
            (draft_id,),
        ).fetchall()


def write(
    connection: psycopg.Connection, entity_code: str, given: Mapping[str, str], actor: str, reason: str | None = None
) -> Draft:
    """Write a draft; values that are not given are those in force, where there are some."""
    draft_id = uuid4()
    with _step(connection, draft_id) as cursor:
        content = started(cursor, entity_code, given)
        return _enter(cursor, draft_id, entity_code, "DRAFTED", actor, reason, content)


def rewrite(
    connection: psycopg.Connection, draft_id: UUID, given: Mapping[str, str], actor: str, reason: str | None = None
) -> Draft:
    """Change a draft that is not up for review."""
    draft = draft_of(connection, draft_id)
    with _step(connection, draft_id) as cursor:
        content = changed(draft.entity_code, draft.content, given)
        return _enter(cursor, draft_id, draft.entity_code, "DRAFTED", actor, reason, content)


def submit(connection: psycopg.Connection, draft_id: UUID, actor: str, judge: Judge) -> Draft:
    """Put a draft up for review, once nothing is wrong with it."""
    entity_code = draft_of(connection, draft_id).entity_code
    with _step(connection, draft_id) as cursor:
        draft = _enter(cursor, draft_id, entity_code, "SUBMITTED", actor)
        _check(cursor, draft, judge)
        return draft


def approve(connection: psycopg.Connection, draft_id: UUID, reason: str, actor: str) -> Draft:
    """Say that a draft under review may be published; for a supersession, never by who wrote it."""
    entity_code = draft_of(connection, draft_id).entity_code
    with _step(connection, draft_id) as cursor:
        return _enter(cursor, draft_id, entity_code, "APPROVED", actor, reason)


def reject(connection: psycopg.Connection, draft_id: UUID, reason: str, actor: str) -> Draft:
    """Send a draft under review back to its author."""
    entity_code = draft_of(connection, draft_id).entity_code
    with _step(connection, draft_id) as cursor:
        return _enter(cursor, draft_id, entity_code, "REJECTED", actor, reason)


def publish(connection: psycopg.Connection, draft_id: UUID, actor: str, judge: Judge) -> tuple[Draft, int]:
    """Make an approved draft a version, judged once more by what is there now; the draft and the revision it is."""
    entity_code = draft_of(connection, draft_id).entity_code
    with _step(connection, draft_id) as cursor:
        draft = _enter(cursor, draft_id, entity_code, "PUBLISHED", actor)
        if entity_code in ("supersession", "part"):
            cursor.execute("select catalogue.lock_supersessions()")
        _check(cursor, draft, judge)
        return draft, store_version(cursor, entity_code, draft.content, draft_id, draft.author)


def retire(
    connection: psycopg.Connection, draft_id: UUID, valid_from: str, reason: str, actor: str
) -> tuple[Draft, int]:
    """End what a published draft brought, from a moment on; the draft and the revision of the version that says so."""
    entity_code = draft_of(connection, draft_id).entity_code
    with _step(connection, draft_id) as cursor:
        draft = _enter(cursor, draft_id, entity_code, "RETIRED", actor, reason)
        key = {name: draft.content.get(name, "") for name in versions_of(entity_code).contract.key}
        content = started(cursor, entity_code, {**key, VALID_FROM: valid_from, IS_RETIRED: "true"})
        return draft, store_version(cursor, entity_code, content, draft_id, actor)


def _check(cursor: psycopg.Cursor, draft: Draft, judge: Judge) -> None:
    """A version that ends another says what that one said, which once passed."""
    if not is_end(draft.content):
        check(cursor, draft.entity_code, draft.content, judge)


_EVENT = """
insert into catalogue.draft_events (draft_id, event_type_code, entity_code, content, reason, actor)
values (%s, %s, %s, %s, %s, %s)
"""


def _enter(
    cursor: psycopg.Cursor,
    draft_id: UUID,
    entity_code: str,
    event_type_code: str,
    actor: str,
    reason: str | None = None,
    content: Content | None = None,
) -> Draft:
    """Enter a step and return the draft after it; whoever takes a step of the same draft meanwhile waits."""
    if reason is not None and not reason.strip():
        raise SettingsError("NO_REASON", "the decision has no reason", "Say why, so that others can follow it.")
    attribute(cursor, actor, reason)
    said = Jsonb(content) if content is not None else None
    cursor.execute(_EVENT, (draft_id, event_type_code, entity_code, said, reason, actor))
    return draft_of(cursor.connection, draft_id)


_NEXT = {
    "DRAFT": "Submit it first: partsbay catalogue submit DRAFT.",
    "REVIEW": "Let somebody approve or reject it first: partsbay catalogue approve DRAFT.",
    "PUBLISHED": "What is published stays; write a new draft, or retire it.",
    "RETIRED": "Write a new draft.",
}


@contextmanager
def _step(connection: psycopg.Connection, draft_id: UUID) -> Iterator[psycopg.Cursor]:
    """One step of a draft in a transaction; what the database refuses is said in our words."""
    try:
        with connection.transaction(), connection.cursor() as cursor:
            yield cursor
    except (CheckViolation, UniqueViolation) as error:
        raise _refused(connection, draft_id, error) from None


def _refused(connection: psycopg.Connection, draft_id: UUID, error: psycopg.Error) -> PartsbayError:
    words = f"{error.diag.message_primary}"
    match error.diag.constraint_name:
        case "draft_events_two_persons":
            return PartsbayError("TWO_PERSONS", words, "Let somebody else decide: who wrote a supersession does not.")
        case "draft_events_in_order":
            return PartsbayError("WRONG_STATE", words, _NEXT[draft_of(connection, draft_id).state_code])
        case _:
            return refusal_of(error) or PartsbayError("REFUSED", words, "See partsbay catalogue drafts.")
