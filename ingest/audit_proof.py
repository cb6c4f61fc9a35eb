"""Whether the audit is whole: the chains, the rows that they speak of, and the anchors that saw them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ingest.anchors import AnchorFault, anchor_files, read_anchor

_CHAINS = "select * from audit.breaches()"
_SEALS = "select * from audit.seal_breaches()"
_CONTENT = "select * from audit.content_breaches()"
_ENTRIES = "select * from audit.entry_breaches()"
_EVENTS = "select * from audit.event_breaches()"
_EDITED_ANCHORS = """
select anchor_number
from (
    select anchor_number,
        anchor_hash = audit.anchor_hash(anchor_number, anchored_at, heads, previous_hash)
            and previous_hash = lag(anchor_hash, 1, '\\x00'::bytea) over (order by anchor_number) as is_as_written
    from audit.anchors
) as anchors
where not is_as_written
order by 1
"""
_SEEN_BY_ANCHORS = """
select anchor_number, seen.*
from audit.anchors
cross join lateral audit.anchor_breaches(heads) as seen
order by anchor_number, stream_code, lane_number
"""
_SEEN_BY_FILE = "select * from audit.anchor_breaches(%s)"
_IS_AS_WRITTEN = """
select audit.anchor_hash(%(anchor_number)s, %(anchored_at)s::timestamptz, %(heads)s,
    decode(%(previous_hash)s, 'hex')) = decode(%(anchor_hash)s, 'hex')
"""


@dataclass(frozen=True)
class Breach:
    """One thing that is not as it was written: where, and in words what was found there."""

    check: str
    relation: str
    message: str
    stream_code: str | None = None
    lane_number: int | None = None
    sequence_number: int | None = None
    batch_id: UUID | None = None
    reservation_number: str | None = None


def breaches(connection: psycopg.Connection, anchors: Path | None = None, key: bytes | None = None) -> list[Breach]:
    """Everything that is wrong with chains, seals, rows and anchors; ``anchors`` is one file or a folder of them.

    Looks only: whoever wants what is not sealed yet in the chain seals first. Costs one pass over the
    records with a hash for each, and one pass over each table that is watched: about a second per
    million rows.
    """
    files = anchor_files(anchors) if anchors else []
    return [
        *chain_breaches(connection),
        *content_breaches(connection),
        *_first_per_chain(breach for path in files for breach in _file_breaches(connection, path, key)),
    ]


def chain_breaches(connection: psycopg.Connection) -> list[Breach]:
    """Records, heads, seals and what is sealed that are not as they were written, also by anchors in the database."""
    edited = (
        Breach("audit_anchor", "audit.anchors", f"Audit anchor {number} was edited, or the one before it is missing.")
        for (number,) in connection.execute(_EDITED_ANCHORS)
    )
    seen = (
        _chain_breach("audit_anchor", row, f"anchor {row['anchor_number']}")
        for row in _rows(connection, _SEEN_BY_ANCHORS)
    )
    return [
        *(_chain_breach("audit_chain", row, f"record {row['sequence_number']}") for row in _rows(connection, _CHAINS)),
        *map(_seal_breach, _rows(connection, _SEALS)),
        *edited,
        *_first_per_chain(seen),
    ]


def content_breaches(connection: psycopg.Connection) -> list[Breach]:
    """Batches whose rows are not those that their records speak of, and reservations whose entry or events differ."""
    found = [
        Breach("audit_content", row["relation_name"], f"{row['breach']}.", batch_id=row["batch_id"])
        for row in _rows(connection, _CONTENT)
    ]
    found += [_entry_breach("audit.entries", row) for row in _rows(connection, _ENTRIES)]
    if any(breach.relation == "reservation.events" and breach.batch_id is None for breach in found):
        found += [_entry_breach("reservation.events", row) for row in _rows(connection, _EVENTS)]
    return found


def _file_breaches(connection: psycopg.Connection, path: Path, key: bytes | None) -> list[Breach]:
    try:
        anchor = read_anchor(path, key)
    except AnchorFault as fault:
        return [Breach("audit_anchor", "audit.anchors", f"Audit anchor: {fault}.")]
    try:
        with connection.transaction():
            values = {**anchor, "heads": Jsonb(anchor["heads"])}
            is_as_written = connection.execute(_IS_AS_WRITTEN, values).fetchone()[0]
    except psycopg.DataError:
        is_as_written = False
    if not is_as_written:
        return [Breach("audit_anchor", "audit.anchors", f"Audit anchor: {path.name} was edited.")]
    rows = _rows(connection, _SEEN_BY_FILE, (Jsonb(anchor["heads"]),))
    return [_chain_breach("audit_anchor", row, f"anchor {path.name}") for row in rows]


def _chain_breach(check: str, row: dict[str, Any], place: str) -> Breach:
    chain = f"Audit stream {row['stream_code']}, lane {row['lane_number']}"
    columns = ("stream_code", "lane_number", "sequence_number")
    return Breach(
        check, "audit.records", f"{chain}, {place}: {row['breach']}.", **{name: row[name] for name in columns}
    )


def _seal_breach(row: dict[str, Any]) -> Breach:
    chain = f"Audit stream {row['stream_code']}"
    if row["lane_number"] is not None:
        chain += f", lane {row['lane_number']}, record {row['sequence_number']}"
    relation = "audit.entries" if row["reservation_number"] else "audit.seals"
    return Breach("audit_seal", relation, f"{chain}: {row.pop('breach')}.", **row)


def _entry_breach(relation: str, row: dict[str, Any]) -> Breach:
    number = row["reservation_number"]
    message = f"Audit entry of reservation {number}: {row['breach']}."
    return Breach("audit_content", relation, message, reservation_number=number)


def _first_per_chain(found: Iterable[Breach]) -> list[Breach]:
    """The first breach of each chain: what an anchor misses, later ones of the same chain miss too."""
    told: dict[tuple, Breach] = {}
    for breach in found:
        told.setdefault((breach.stream_code, breach.lane_number) if breach.stream_code else (breach.message,), breach)
    return list(told.values())


def _rows(connection: psycopg.Connection, query: str, values: tuple = ()) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
