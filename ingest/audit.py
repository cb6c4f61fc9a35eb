"""Who changes the stores, and why: said once per transaction, kept in a record of every change, found again.

Triggers write a record for each statement that changes a store; what they cannot know are
settings of the transaction. A program appends a record of its own only for what no trigger
sees: a load that is copied in pieces, and what it does to the ledger of ingestion.
A reservation that is entered at once leaves an entry, which a seal takes into the chain later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ingest.errors import SettingsError
from ingest.persons import person_key

STREAM = "ingest"

_ATTRIBUTE = """
select set_config('partsbay.actor', %(actor)s, true),
    set_config('partsbay.reason', coalesce(%(reason)s, ''), true),
    set_config('partsbay.action', coalesce(%(action_code)s, ''), true),
    set_config('partsbay.correlation_id', coalesce(%(correlation_id)s, ''), true),
    set_config('partsbay.batch_id', coalesce(%(batch_id)s::text, ''), true)
"""


def attribute(
    cursor: psycopg.Cursor,
    actor: str,
    reason: str | None = None,
    action_code: str | None = None,
    correlation_id: str | None = None,
    batch_id: UUID | None = None,
) -> None:
    """Say who changes the stores from here to the end of the transaction, why, and what it is called.

    ``batch_id`` makes it the load of a batch. What is left out is said of no change from here on. Nobody is nobody:
    a name that shows nothing is refused (NO_ACTOR).
    """
    if not person_key(actor):
        raise SettingsError("NO_ACTOR", "nobody is named who does it", "Say who, with --actor.")
    values = {
        "actor": actor, "reason": reason, "action_code": action_code, "correlation_id": correlation_id,
        "batch_id": batch_id,
    }  # fmt: skip
    cursor.execute(_ATTRIBUTE, values)


def append(
    cursor: psycopg.Cursor,
    actor: str,
    action_code: str,
    relation: str,
    batch_id: UUID | None,
    row_count: int,
    details: dict[str, Any],
    stream: str = STREAM,
    content_hash: bytes | None = None,
) -> None:
    """Append one record of what a program did, in its transaction; waits for nobody."""
    cursor.execute(
        "select audit.append(%s, %s, %s, %s, %s, %s, %s, %s)",
        (stream, actor, action_code, relation, batch_id, row_count, content_hash, Jsonb(details)),
    )


def seal(connection: psycopg.Connection) -> int:
    """Take every entry of a transaction that is over into the chain; how many.

    Waits for nobody. Does nothing on a standby, which gets its seals, nor while somebody else seals.
    """
    return connection.execute("select audit.seal()").fetchone()[0]


@dataclass(frozen=True)
class Subject:
    """What records are about; what is None is not asked for. A part is its id with its brand and number."""

    garage_code: str | None = None
    part: tuple[UUID, str, str] | None = None
    reservation_number: str | None = None
    hold_number: str | None = None

    @property
    def keys(self) -> list[dict[str, str]]:
        """The columns that a row about the subject has: a part is named by its id, or by brand and number."""
        named = {
            name: value
            for name in ("garage_code", "reservation_number", "hold_number")
            if (value := getattr(self, name)) is not None
        }
        if self.part is None:
            return [named] if named else []
        part_id, brand_code, part_number = self.part
        return [{**named, "part_id": str(part_id)}, {**named, "brand_code": brand_code, "part_number": part_number}]


_WITH_BATCHES = """
select relation_name from audit.relations
where proof_code <> 'FOLD' and exists (
    select from pg_attribute
    where attrelid = relation_name::regclass and attnum > 0 and not attisdropped
    having array_agg(attname::text) @> %s::text[]
)
order by relation_name
"""
# What follows from a load, and is too much to name its rows, is found as the load is.
_LOADED = sql.SQL(
    "(relation_name = {table} and batch_id in (select batch_id from {rows} where {matches})"
    " or not details ? 'rows'"
    " and details ->> 'caused_by_batch_id' in (select batch_id::text from {rows} where {matches}))"
)
_FOUND = sql.SQL("""
(
    select stream_code, lane_number, sequence_number, recorded_at, actor, service_code, action_code, relation_name,
        batch_id, row_count, reason, correlation_id, details
    from audit.records
    where actor = coalesce(%(actor)s, actor)
        and (%(correlation_id)s::text is null or correlation_id = %(correlation_id)s)
        and {is_about}
    order by recorded_at desc
    limit %(limit)s
)
union all
select entries.stream_code, records.lane_number, records.sequence_number, entries.recorded_at, entries.actor,
    entries.service_code, entries.action_code, entries.relation_name, null, cardinality(entries.event_hashes),
    entries.reason, entries.correlation_id, entries.details
from (
    select 'reservation' as stream_code, 'reservation.events' as relation_name, entries.*,
        jsonb_build_object('rows', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
            'reservation_number', reservation_number, 'garage_code', garage_code, 'part_id', part_id,
            'condition_code', condition_code, 'lot_number', lot_number, 'work_order_number', work_order_number
        )))) as details
    from audit.entries
    where actor = coalesce(%(actor)s, actor)
        and (%(correlation_id)s::text is null or correlation_id = %(correlation_id)s)
        and {is_entry_about}
    order by recorded_at desc
    limit %(limit)s
) as entries
-- The record of the seal that took it into the chain; none until then.
left join audit.seals on entries.transaction_id between seals.first_transaction_id and seals.last_transaction_id
    and entries.reservation_number = any (seals.reservation_numbers)
left join audit.records on records.details @> jsonb_build_object('seal_id', seals.seal_id)
order by recorded_at desc, stream_code, lane_number, sequence_number desc
limit %(limit)s
""")


def find_records(
    connection: psycopg.Connection,
    subject: Subject,
    actor: str | None = None,
    batch_id: UUID | None = None,
    limit: int = 100,
    correlation_id: str | None = None,
) -> list[dict[str, Any]]:
    """Records about a subject, by an actor, of a batch or of a run, newest first.

    A load names no rows: it is found through the rows that it left in its tables. An entry is
    shown as a record is, at the place of the seal that took it into the chain, and at none until then.
    """
    is_about = [_is_about(connection, keys) for keys in subject.keys] or [sql.SQL("true")]
    condition = sql.SQL("({})").format(sql.SQL(" or ").join(is_about))
    if batch_id:
        condition += sql.SQL(" and (batch_id = %(batch_id)s or details @> %(caused)s)")
    values = {
        "actor": actor, "batch_id": batch_id, "limit": limit, "correlation_id": correlation_id,
        "caused": Jsonb({"caused_by_batch_id": str(batch_id)}),
    }  # fmt: skip
    entries = _is_entry_about(subject, batch_id)
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_FOUND.format(is_about=condition, is_entry_about=entries), values).fetchall()


def _is_entry_about(subject: Subject, batch_id: UUID | None) -> sql.Composable:
    """The condition that an entry is about the subject: what is of a batch or of a hold leaves none."""
    if batch_id or subject.hold_number is not None:
        return sql.SQL("false")
    keys = subject.keys[0] if subject.keys else {}
    matches = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in keys.items()]
    return sql.SQL(" and ").join(matches or [sql.SQL("true")])


def _is_about(connection: psycopg.Connection, keys: dict[str, str]) -> sql.Composable:
    """The condition that a record names a row with these keys, or is of, or follows from, a batch that brought one."""
    tables = connection.execute(_WITH_BATCHES, ([*keys, "batch_id"],)).fetchall()
    matches = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in keys.items()
    )
    loads = [
        _LOADED.format(table=sql.Literal(table), rows=sql.Identifier(*table.split(".")), matches=matches)
        for (table,) in tables
    ]
    named = sql.SQL("details @> {}").format(sql.Literal(Jsonb({"rows": [keys]})))
    return sql.SQL(" or ").join([named, *loads])
