"""Editions of the report: each is kept as it was, so that what somebody saw on a day can be shown again.

An edition is the document that page and workbook are written from, compressed, with its hash.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from ingest.audit import attribute
from ingest.errors import PartsbayError, ProtectedError

ACTOR = "pipeline"
TREND_LENGTH = 30

_STORE = """
    insert into replenishment.report_editions
        (generation_id, as_of_at, published_at, line_count, figures, document_sha256, document)
    select %(generation_id)s, %(as_of_at)s, %(published_at)s, %(line_count)s, %(figures)s, %(sha256)s, %(document)s
    where not exists (
        select from (
            select generation_id, document_sha256
            from replenishment.report_editions
            order by made_at desc, edition_id desc
            limit 1
        ) as newest
        where newest.generation_id = %(generation_id)s and newest.document_sha256 = %(sha256)s
    )
    returning edition_id::text
"""

# Of a generation that was reported twice, as after a decision, the last counts.
_BEFORE = """
    with last as (
        select distinct on (generation_id) generation_id, as_of_at, published_at, figures
        from replenishment.report_editions
        where generation_id <> %(generation_id)s
            and published_at <= (select published_at from ingest.generations where generation_id = %(generation_id)s)
        order by generation_id, made_at desc, edition_id desc
    )
    select generation_id::text as generation_id, as_of_at, published_at, figures
    from last
    order by published_at desc, generation_id desc
    limit %(count)s
"""

_COLUMNS = """
    edition_id::text as edition_id, generation_id::text as generation_id, as_of_at, published_at, made_at, line_count,
    octet_length(document) as byte_count, encode(document_sha256, 'hex') as document_sha256
"""

_LIST = f"select {_COLUMNS} from replenishment.report_editions order by made_at desc, edition_id desc limit %(count)s"

_SEEN_AT = f"""
    select {_COLUMNS} from replenishment.report_editions
    where made_at <= %(at)s
    order by made_at desc, edition_id desc
    limit 1
"""

_OF_DATA_AT = f"""
    select {_COLUMNS} from replenishment.report_editions
    where as_of_at <= %(at)s
    order by as_of_at desc, made_at desc, edition_id desc
    limit 1
"""

_DOCUMENT = "select document, document_sha256 from replenishment.report_editions where edition_id = %(edition_id)s"


@dataclass(frozen=True)
class Edition:
    """One report as it was made; ``made_at`` is when people could first see it."""

    edition_id: str
    generation_id: str
    as_of_at: datetime
    published_at: datetime
    made_at: datetime
    line_count: int
    byte_count: int
    document_sha256: str


def store_edition(
    connection: psycopg.Connection, document: bytes, facts: Any, line_count: int, figures: dict[str, Any]
) -> str | None:
    """Keep a document as an edition of its generation; its id, or None where the newest edition is the very same."""
    values = {
        "generation_id": facts.generation_id, "as_of_at": facts.as_of_at, "published_at": facts.published_at,
        "line_count": line_count, "figures": Jsonb(figures), "sha256": hashlib.sha256(document).digest(),
        "document": zlib.compress(document, 6),
    }  # fmt: skip
    with connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, ACTOR, f"report as of {facts.as_of_at.isoformat()}", action_code="REPORT")
        stored = cursor.execute(_STORE, values).fetchone()
    return stored[0] if stored else None


def editions_before(connection: psycopg.Connection, generation_id: str) -> list[dict[str, Any]]:
    """The figures of the last editions before a generation, the oldest first; one edition per generation."""
    cursor = connection.cursor(row_factory=dict_row)
    values = {"generation_id": generation_id, "count": TREND_LENGTH - 1}
    return cursor.execute(_BEFORE, values).fetchall()[::-1]


def editions(connection: psycopg.Connection, count: int = 100) -> list[Edition]:
    """The editions that are kept, the newest first."""
    return connection.cursor(row_factory=class_row(Edition)).execute(_LIST, {"count": count}).fetchall()


def edition_at(connection: psycopg.Connection, at: datetime) -> tuple[Edition, bool]:
    """The edition that people saw at a moment, and whether it was made by then.

    Where none had been made by then, it is the newest whose data is of that moment or before:
    a day in the past that was computed later. Without either, that raises.
    """
    cursor = connection.cursor(row_factory=class_row(Edition))
    for statement, was_seen in ((_SEEN_AT, True), (_OF_DATA_AT, False)):
        found = cursor.execute(statement, {"at": at}).fetchone()
        if found:
            return found, was_seen
    raise PartsbayError(
        "no_edition",
        f"No report had been made by {at:%Y-%m-%d %H:%M} UTC, and none is of data up to then.",
        "`partsbay report --list` shows the editions that are kept.",
    )


def edition_document(connection: psycopg.Connection, edition_id: str) -> bytes:
    """The document of an edition, to the byte; raises where the kept bytes are no longer those that were stored."""
    packed, sha256 = connection.execute(_DOCUMENT, {"edition_id": edition_id}).fetchone()
    document = zlib.decompress(packed)
    if hashlib.sha256(document).digest() != sha256:
        raise ProtectedError(
            "edition_damaged",
            f"Edition {edition_id} of the report is not what was stored: its hash differs.",
            "`partsbay verify` and `partsbay audit` say what else changed.",
        )
    return document
