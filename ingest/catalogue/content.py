"""What a draft says: columns of the file of the same kind, as text, typed and judged by the rules for such a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.rows import dict_row

from ingest.errors import PartsbayError, SettingsError
from ingest.readers.typed import as_typed
from ingest.stores.catalogue import VERSIONS, Versions
from ingest.stores.loading import create_incoming
from ingest.verdicts import Judge

KINDS = {
    "part": "parts",
    "garage": "garages",
    "supplier": "suppliers",
    "part_type": "part_types",
    "pack": "packs",
    "reference": "references",
    "supersession": "supersessions",
    "policy": "policies",
}
# Beside the columns of the kind: a version that says that from then on nothing holds.
IS_RETIRED = "is_retired"
VALID_FROM = "valid_from_at"
# What a retired version says of itself, so that whoever looks at nothing else orders nothing.
_AT_REST = {"part": {"lifecycle_code": "9"}, "supplier": {"is_active": "false"}}
_FIELD_BYTES = 64 * 1024

Content = dict[str, str]


def versions_of(entity_code: str) -> Versions:
    """How the versions of an entity are kept; refuses an entity that is none."""
    if entity_code not in KINDS:
        words = f"the catalogue has no '{entity_code}'"
        raise SettingsError("UNKNOWN_ENTITY", words, f"Use one of {', '.join(KINDS)}.")
    return VERSIONS[KINDS[entity_code]]


def started(cursor: psycopg.Cursor, entity_code: str, given: Mapping[str, str]) -> Content:
    """What a draft says that changes only what is given: the rest is of the version in force, where there is one.

    An empty value takes a value away. The moment from which it holds is now, unless given.
    """
    moment = {VALID_FROM: datetime.now(UTC).isoformat(timespec="seconds")}
    content = changed(entity_code, moment, given)
    said = _in_force(cursor, versions_of(entity_code), content)
    if is_end(content) and not said:
        words = f"nothing of {_words(entity_code, content)} holds at {content[VALID_FROM]}"
        raise PartsbayError("NOTHING_TO_RETIRE", words, "Look at what there is: partsbay catalogue show.")
    return changed(entity_code, said | content, given)


def changed(entity_code: str, content: Content, given: Mapping[str, str]) -> Content:
    """The content with what is given in its place; an empty value takes one away."""
    names = versions_of(entity_code).contract.column_names
    if unknown := [name for name in given if name not in (*names, IS_RETIRED)]:
        words = f"a {entity_code} has no {', '.join(unknown)}"
        raise SettingsError("UNKNOWN_COLUMN", words, f"Use {', '.join(names)}.")
    return {name: value for name, value in {**content, **given}.items() if value.strip()}


def is_end(content: Content) -> bool:
    """Whether the content says that from then on nothing holds."""
    return content.get(IS_RETIRED, "").strip().lower() in ("true", "1", "yes")


def _words(entity_code: str, content: Content) -> str:
    key = versions_of(entity_code).contract.key
    return " ".join([entity_code, *(content[name] for name in key if name in content and name != VALID_FROM)])


_IN_FORCE = """
select {columns}
from keyed
inner join {relation} as stored using ({key})
where stored.valid_from_at <= keyed.valid_from_at
order by stored.valid_from_at desc, stored.revision_number desc
limit 1
"""


def _in_force(cursor: psycopg.Cursor, versions: Versions, content: Content) -> Content:
    """What the version says that a draft would follow, as text."""
    contract = versions.contract
    keys = {name: content[name] for name in contract.key if name in content}
    table, reasons = typed(versions, keys)
    if reasons:
        raise SettingsError("NO_KEY", "; ".join(reasons), f"Give {', '.join(contract.key)} as such a file has them.")
    said = [name for name in contract.column_names if name in versions.columns and name not in contract.key]
    query = sql.SQL(_IN_FORCE).format(
        columns=sql.SQL(", ").join(
            sql.SQL("stored.{name}::text as {name}").format(name=sql.Identifier(n)) for n in said
        ),
        relation=_table(versions),
        key=_names(versions.key),
    )
    with cursor.connection.transaction(force_rollback=True):
        key_row(cursor, versions, table)
        row = cursor.connection.cursor(row_factory=dict_row).execute(query).fetchone()
    return {name: value for name, value in (row or {}).items() if value is not None}


def typed(versions: Versions, content: Content) -> tuple[pa.Table, list[str]]:
    """The content as the one row of a file with every column, and what is wrong with its values."""
    texts = {name: pa.array([content.get(name)], pa.string()) for name in versions.contract.column_names}
    lines = pa.array([1], pa.int64())
    table, reasons = as_typed(pa.table(texts), versions.contract, lines, _FIELD_BYTES)
    return table, reasons.get(1, [])


def key_row(cursor: psycopg.Cursor, versions: Versions, table: pa.Table) -> None:
    """The row as ``keyed``, the table that the statements of a store read; gone with the transaction."""
    cursor.execute("set local time zone 'UTC'")
    create_incoming(cursor, versions.contract)
    row = table.to_pylist()[0]
    cursor.execute(
        sql.SQL("insert into incoming ({}) values ({})").format(
            _names(tuple(row)), sql.SQL(", ").join([sql.Placeholder()] * len(row))
        ),
        [*row.values()],
    )
    cursor.execute(versions.keyed)


def check(cursor: psycopg.Cursor, entity_code: str, content: Content, judge: Judge) -> None:
    """Refuse content that a file could not say either, with every reason."""
    versions = versions_of(entity_code)
    table, reasons = typed(versions, content)
    if not reasons:
        reasons = judge(table, versions.contract, datetime.now(UTC)).bad_rows.get(1, [])
    if not reasons:
        with cursor.connection.transaction(force_rollback=True):
            key_row(cursor, versions, table)
            for statement in versions.unknown:
                reasons += [row[1] for row in cursor.execute(statement).fetchall()]
    if reasons:
        raise PartsbayError("INVALID_DRAFT", "; ".join(reasons), "Mend the draft: partsbay catalogue draft --id DRAFT.")


_INSERT = """
insert into {relation} ({names}, revision_number, is_retired, source_code, draft_id, actor, payload_hash, recorded_at)
select {values},
    1 + coalesce((
        select max(stored.revision_number)
        from {relation} as stored
        where {same_key} and stored.valid_from_at = keyed.valid_from_at
    ), 0),
    %(is_retired)s, 'authoring', %(draft_id)s, %(author)s,
    case when %(is_retired)s then sha256(payload_hash || 'retired'::bytea) else payload_hash end, clock_timestamp()
from keyed
returning revision_number
"""


def store_version(cursor: psycopg.Cursor, entity_code: str, content: Content, draft_id: Any, author: str) -> int:
    """Store what a draft says as a new version, or as a further revision of its moment; returns the revision.

    The caller owns the transaction.
    """
    versions = versions_of(entity_code)
    is_retired = is_end(content)
    said = content | (_AT_REST.get(entity_code, {}) if is_retired else {})
    table, reasons = typed(versions, {name: value for name, value in said.items() if name != IS_RETIRED})
    if reasons:
        raise PartsbayError("INVALID_DRAFT", "; ".join(reasons), "Mend the draft: partsbay catalogue draft --id DRAFT.")
    key_row(cursor, versions, table)
    statement = sql.SQL(_INSERT).format(
        relation=_table(versions),
        names=_names(tuple(versions.columns)),
        values=_names(tuple(versions.columns.values())),
        same_key=sql.SQL(" and ").join(
            sql.SQL("stored.{name} = keyed.{name}").format(name=sql.Identifier(name)) for name in versions.key
        ),
    )
    values = {"is_retired": is_retired, "draft_id": draft_id, "author": author}
    return cursor.execute(statement, values).fetchone()[0]


def _table(versions: Versions) -> sql.Composable:
    return sql.SQL(".").join(map(sql.Identifier, versions.relation.split(".")))


def _names(names: tuple[str, ...]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))
