"""What every store's load shares: a temporary table, keys and hashes, unknown names, duplicates, conflicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from ingest.contracts import Column, Contract, Type
from ingest.readers.records import Reasons

_SQL_TYPES = {
    Type.TEXT: "text",
    Type.QUANTITY: "numeric(14, 3)",
    Type.AMOUNT: "numeric(14, 4)",
    Type.DAYS: "numeric(6, 2)",
    Type.INTEGER: "integer",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamptz",
}


@dataclass(frozen=True)
class Statements:
    """The SQL of one kind, on the temporary tables ``incoming`` (as judged) and ``keyed`` (with keys and hashes).

    ``unknown`` selects line number, reason, and what the line waits for (kind of reference and key, or nothing where
    it waits for nothing), each of them for lines that cannot be stored.
    ``insert`` stores what is new and selects the number of rows per relation written. A kind
    whose rows stand alone has ``insert_new`` beside it: both then store a range of lines of
    ``incoming`` while the file is still read, and ``insert_new`` fails where a line is not new.
    ``unstored`` selects line number and whether it is a duplicate, for rows not written.
    ``is_direct`` says that new rows may be copied into the one relation as they are, whose
    defaults are those of the contract and of the batch. ``prepare`` changes ``keyed`` before any of it is refused.
    """

    relations: tuple[str, ...]
    unknown: tuple[str, ...]
    insert: str
    unstored: str
    insert_new: str | None = None
    is_direct: bool = False
    keyed: str | None = None
    prepare: tuple[str, ...] = ()


@dataclass
class Stored:
    """What became of the judged rows: written per relation, duplicates, held lines, and reasons against the rest.

    ``bad`` lists so many rows at most; ``unknown_count`` (what they name may still come), ``refused_count`` (nothing
    that comes can help) and ``conflict_count`` count all of them.
    ``awaited`` names what the rest waits for: kind of reference and key, as ``ingest.references`` keeps them.
    """

    written: dict[str, int]
    duplicate_count: int = 0
    held_count: int = 0
    bad: Reasons = field(default_factory=dict)
    unknown_count: int = 0
    refused_count: int = 0
    conflict_count: int = 0
    awaited: set[tuple[str, str]] = field(default_factory=set)


def create_incoming(cursor: psycopg.Cursor, contract: Contract) -> None:
    """The temporary table of this transaction; a column that the file lacks takes the contract's default."""
    columns = sql.SQL(", ").join(_column_definition(column) for column in contract.columns)
    cursor.execute(
        sql.SQL("create temporary table incoming (line_number bigint not null, {}) on commit drop").format(columns)
    )


def _column_definition(column: Column) -> sql.Composable:
    parts = [sql.Identifier(column.name), sql.SQL(_SQL_TYPES[column.type])]
    if column.default is not None:
        parts += [sql.SQL("default"), sql.Literal(column.default)]
    return sql.SQL(" ").join(parts)


def store(
    cursor: psycopg.Cursor,
    contract: Contract,
    statements: Statements,
    values: dict[str, Any],
    stored_count: int,
    has_incoming: bool = True,
) -> Stored:
    """Store the rows of ``incoming``; the caller owns the transaction and decides whether it stands.

    ``stored_count`` is how many were stored while they arrived, for a kind that allows it;
    ``direct_count`` among the values how many of those never were in ``incoming``, which is not
    even there where that holds for all of them.
    """
    stored = Stored(dict.fromkeys(statements.relations, 0))
    if not has_incoming:
        stored.written = dict(zip(statements.relations, (stored_count,), strict=True))
        return stored
    cursor.execute(statements.keyed or _keyed_ledger(contract), values)
    if not statements.keyed:
        cursor.execute(_MATCH, values)
    for statement in statements.prepare:
        cursor.execute(statement, values)
    _refuse_unknown(cursor, statements, values, stored)
    expected = cursor.execute("select count(*) from keyed").fetchone()[0] + values.get("direct_count", 0)
    counts = (stored_count,) if statements.insert_new else cursor.execute(statements.insert, values).fetchone()
    stored.written = dict(zip(statements.relations, counts, strict=True))
    if counts[0] != expected:
        _sort_out(cursor, statements, values, stored, contract)
    return stored


# Of a file that names nothing that is known every row comes here: counted by the server, and listed up to a limit.
_LISTED_COUNT = 100_000
_REFUSED = """
create temporary table refused (line_number bigint, reason text, reference_code text, reference_key text) on commit drop
"""
_COUNT_REFUSED = """
select count(*) filter (where is_waiting), count(*) filter (where not is_waiting)
from (select bool_and(reference_code is not null) as is_waiting from refused group by line_number) as lines
"""
_AWAITED = "select distinct reference_code, reference_key from refused where reference_code is not null"
_LIST_REFUSED = """
select line_number, array_agg(reason)
from refused
group by line_number
order by line_number
limit %(limit)s
"""


def _refuse_unknown(cursor: psycopg.Cursor, statements: Statements, values: dict[str, Any], stored: Stored) -> None:
    """Note the reasons of rows that cannot stand beside what is stored, and what they wait for; take them out."""
    found = [one for one in statements.unknown if cursor.execute(f"select exists ({one})", values).fetchone()[0]]
    if not found:
        return
    cursor.execute(_REFUSED)
    for statement in found:
        cursor.execute(f"insert into refused {statement}", values)
    stored.unknown_count, stored.refused_count = cursor.execute(_COUNT_REFUSED).fetchone()
    stored.bad.update(cursor.execute(_LIST_REFUSED, {"limit": _LISTED_COUNT}).fetchall())
    stored.awaited.update(cursor.execute(_AWAITED).fetchall())
    cursor.execute("delete from keyed using refused where keyed.line_number = refused.line_number")


_SORT_OUT = """
with unstored (line_number, is_same) as ({unstored})

(select null::bigint, count(*) from unstored where is_same)
union all
(select null, count(*) from unstored where not is_same)
union all
(select line_number, null from unstored where not is_same order by line_number limit %(limit)s)
"""


def _sort_out(
    cursor: psycopg.Cursor, statements: Statements, values: dict[str, Any], stored: Stored, contract: Contract
) -> None:
    """Count duplicates; note as conflicts the rows that say something else than what is stored under their key.

    Whoever was accepted first counts, until a person decides: the one thing in the stores that
    depends on the order of arrival.
    """
    query = _SORT_OUT.format(unstored=statements.unstored)
    same, other, *listed = cursor.execute(query, {**values, "limit": _LISTED_COUNT}).fetchall()
    stored.duplicate_count, stored.conflict_count = same[1], other[1]
    words = f"CONFLICT: another line with the same {', '.join(contract.key)} says something else"
    stored.bad.update((line_number, [words]) for line_number, _ in listed)


def _keyed_ledger(contract: Contract) -> sql.Composed:
    """``incoming`` with part_id, the key of F19 and the hash of the content, for a kind that is a ledger of events."""
    # The part, not its spelling, identifies a line: 0986-424 and 0986424 are one part number.
    key = [name for name in contract.key if name not in ("brand_code", "part_number")]
    content = [name for name in contract.column_names if name not in ("brand_code", "part_number")]
    has_part_key = len(key) < len(contract.key)
    part = "catalogue.part_id(brand_code, part_number)"
    return sql.SQL(
        """
        create temporary table keyed on commit drop as
        select
            incoming.*,
            {part} as part_id,
            sha256(convert_to({key}, 'UTF8')) as idempotency_key,
            sha256(convert_to({content}, 'UTF8')) as payload_hash
        from incoming
        """
    ).format(
        part=sql.SQL(part),
        key=_hashed(contract, ["%(source_code)s::text", "%(kind)s::text"], key, [part] if has_part_key else []),
        content=_hashed(contract, [part], content, []),
    )


def _hashed(contract: Contract, before: list[str], names: list[str], behind: list[str]) -> sql.Composable:
    """The text that is hashed; a column that joined the contract later is in it where a line fills it, and only there.

    So a line that was stored before the column existed is still known as the same line.
    """
    first = [name for name in names if not contract.column(name).is_addition]
    parts = [*map(sql.SQL, before), *map(sql.Identifier, first), *map(sql.SQL, behind)]
    text = sql.SQL("jsonb_build_array({})::text").format(sql.SQL(", ").join(parts))
    added = [part for name in names if name not in first for part in (sql.Literal(name), sql.Identifier(name))]
    if not added:
        return text
    # Filled columns alone, and nothing at all where none is filled.
    more = sql.SQL("nullif(jsonb_strip_nulls(jsonb_build_object({}))::text, '{{}}')").format(sql.SQL(", ").join(added))
    return sql.SQL("{} || coalesce({}, '')").format(text, more)


# The same line has the same id in every copy of the stores, however often they are made anew.
ROW_ID = "encode(substring(idempotency_key for 16), 'hex')::uuid"

# A person may have decided what the sender means by a part, or the catalogue knows it by another number; the key of
# the line stays that of the part as sent.
_MATCH = """
update keyed set part_id = matched.part_id
from (
    select sent.part_id as sent_part_id, ingest.matched_part(%(source_code)s, sent.part_id) as part_id
    from (select distinct part_id from keyed) as sent
    where (exists (select from ingest.match_decisions) or exists (select from catalogue.part_references))
        and not exists (select from catalogue.parts where parts.part_id = sent.part_id)
) as matched
where keyed.part_id = matched.sent_part_id and matched.part_id is not null
"""
UNKNOWN_GARAGE = """
select line_number, 'UNKNOWN_GARAGE: garage_code is ''' || garage_code || ''', which the catalogue does not know',
    'GARAGE', garage_code
from keyed
where garage_code not in (select garage_code from catalogue.garages)
"""
# Looking for what may be meant costs a little for each part: the first few hundred parts of a batch are helped.
UNKNOWN_PART = """
with unknown as (
    select line_number, brand_code, part_number, part_id,
        dense_rank() over (order by part_id) as part_rank
    from keyed
    where part_id is not null and not exists (select from catalogue.parts where parts.part_id = keyed.part_id)
),

nearest as (
    select part_id, (
        select string_agg(brand_code || ' ' || part_number, ', ' order by candidate_rank)
        from (select * from ingest.part_candidates(sent.brand_code, sent.part_number) limit 3) as candidates
    ) as words
    from (select distinct on (part_id) * from unknown where part_rank <= 300 order by part_id, line_number) as sent
)

select line_number,
    'UNKNOWN_PART: ' || brand_code || ' ' || part_number || ' is not in the catalogue'
        || coalesce('; nearest: ' || nearest.words, ''),
    'PART', part_id::text
from unknown
left join nearest using (part_id)
order by line_number
"""
UNKNOWN_SUPPLIER = """
select line_number, 'UNKNOWN_SUPPLIER: supplier_code is ''' || supplier_code || ''', which the catalogue does not know',
    'SUPPLIER', supplier_code
from keyed
where supplier_code not in (select supplier_code from catalogue.suppliers)
"""
