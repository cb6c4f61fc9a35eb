"""Publish finished marts to the analytics warehouse: one generation, swapped whole.

A reader of ``marts.*`` in the warehouse sees either the old generation or the
new one, never a mixture: the tables are built in a schema of their own, which
takes the name ``marts`` in one transaction. Cost grows with the rows of the
marts; rows go from server to server as binary COPY without being parsed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

NEXT_SCHEMA = "marts_next"
RETIRED_PREFIX = "marts_retired_"
# Long enough for an analyst's query to end, short enough not to hold up a run.
DROP_TIMEOUT = "20s"

COLUMNS = """
    select
        classes.relname,
        attributes.attname,
        format_type(attributes.atttypid, attributes.atttypmod) as type_name,
        attributes.attnotnull,
        col_description(classes.oid, attributes.attnum) as comment
    from pg_class as classes
    join pg_namespace as namespaces on namespaces.oid = classes.relnamespace
    join pg_attribute as attributes on attributes.attrelid = classes.oid
    where namespaces.nspname = %s
        and classes.relkind = 'r'
        and attributes.attnum > 0
        and not attributes.attisdropped
    order by classes.relname, attributes.attnum
"""

INDEXES = """
    select classes.relname, indexes.indisunique, array_agg(attributes.attname::text order by keys.position)
    from pg_index as indexes
    join pg_class as classes on classes.oid = indexes.indrelid
    join pg_namespace as namespaces on namespaces.oid = classes.relnamespace
    cross join unnest(indexes.indkey) with ordinality as keys (number, position)
    join pg_attribute as attributes on attributes.attrelid = classes.oid and attributes.attnum = keys.number
    where namespaces.nspname = %s
    group by classes.relname, indexes.indexrelid, indexes.indisunique
    order by classes.relname
"""

TABLE_COMMENTS = """
    select classes.relname, obj_description(classes.oid, 'pg_class')
    from pg_class as classes
    join pg_namespace as namespaces on namespaces.oid = classes.relnamespace
    where namespaces.nspname = %s and classes.relkind = 'r'
"""


@dataclass(frozen=True)
class ColumnShape:
    """Name, SQL type, nullability and comment of one column of a mart."""

    name: str
    type_name: str
    is_required: bool
    comment: str | None


def mart_shapes(connection: psycopg.Connection, schema: str = "marts") -> dict[str, list[ColumnShape]]:
    """The tables of a schema and their columns, in order."""
    shapes: dict[str, list[ColumnShape]] = {}
    for table, name, type_name, is_required, comment in connection.execute(COLUMNS, [schema]):
        shapes.setdefault(table, []).append(ColumnShape(name, type_name, is_required, comment))
    return shapes


def publish_generation(
    primary: psycopg.Connection, warehouse: psycopg.Connection, generation_id: str, as_of: datetime
) -> dict[str, int]:
    """Copy every mart of the primary into the warehouse and swap it in; return rows per table.

    Owns the transactions of ``warehouse``. Fails before the swap or not at all:
    whatever happens, a complete generation answers.
    """
    shapes = mart_shapes(primary)
    with warehouse.transaction():
        _build_next_schema(primary, warehouse, shapes)
        counts = {table: _copy_table(primary, warehouse, table, shapes[table]) for table in shapes}
        _index_and_describe(primary, warehouse, shapes)
        _write_generation(warehouse, generation_id, as_of, counts)
    _swap(warehouse, generation_id)
    _drop_retired(warehouse)
    return counts


def _build_next_schema(primary, warehouse, shapes) -> None:
    schema = sql.Identifier(NEXT_SCHEMA)
    warehouse.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    warehouse.execute(sql.SQL("create schema {}").format(schema))
    for table, columns in shapes.items():
        # A type name comes from the catalogue of our own database, already quoted as SQL.
        body = sql.SQL(", ").join(
            sql.SQL("{} {}{}").format(
                sql.Identifier(column.name),
                sql.SQL(column.type_name),
                sql.SQL(" not null" if column.is_required else ""),
            )
            for column in columns
        )
        warehouse.execute(sql.SQL("create table {}.{} ({})").format(schema, sql.Identifier(table), body))


def _copy_table(primary, warehouse, table: str, columns: list[ColumnShape]) -> int:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    source = sql.SQL("copy (select {} from marts.{}) to stdout (format binary)").format(names, sql.Identifier(table))
    target = sql.SQL("copy {}.{} ({}) from stdin (format binary)").format(
        sql.Identifier(NEXT_SCHEMA), sql.Identifier(table), names
    )
    with primary.cursor() as reading, warehouse.cursor() as writing:
        with reading.copy(source) as blocks, writing.copy(target) as sink:
            for block in blocks:
                sink.write(block)
        return writing.rowcount


def _index_and_describe(primary, warehouse, shapes) -> None:
    schema = sql.Identifier(NEXT_SCHEMA)
    for table, is_unique, columns in primary.execute(INDEXES, ["marts"]):
        warehouse.execute(
            sql.SQL("create {} index on {}.{} ({})").format(
                sql.SQL("unique" if is_unique else ""),
                schema,
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
            )
        )
    for table, comment in primary.execute(TABLE_COMMENTS, ["marts"]):
        if comment:
            warehouse.execute(
                sql.SQL("comment on table {}.{} is {}").format(schema, sql.Identifier(table), sql.Literal(comment))
            )
    for table, columns in shapes.items():
        for column in columns:
            if column.comment:
                warehouse.execute(
                    sql.SQL("comment on column {}.{}.{} is {}").format(
                        schema, sql.Identifier(table), sql.Identifier(column.name), sql.Literal(column.comment)
                    )
                )


def _write_generation(warehouse, generation_id: str, as_of: datetime, counts: dict[str, int]) -> None:
    schema = sql.Identifier(NEXT_SCHEMA)
    warehouse.execute(
        sql.SQL(
            "create table {}.meta_generation (generation_id uuid not null, as_of_at timestamptz not null,"
            " published_at timestamptz not null, table_name text primary key, row_count bigint not null)"
        ).format(schema)
    )
    insert = sql.SQL("insert into {}.meta_generation values (%s, %s, now(), %s, %s)").format(schema)
    for table, count in counts.items():
        warehouse.execute(insert, [generation_id, as_of, table, count])
    warehouse.execute(
        sql.SQL("comment on table {}.meta_generation is {}").format(
            schema, sql.Literal("One row per mart: the generation that it belongs to, its as-of and its rows.")
        )
    )


def _swap(warehouse, generation_id: str) -> None:
    retired = sql.Identifier(RETIRED_PREFIX + generation_id.replace("-", "")[-12:])
    with warehouse.transaction():
        if warehouse.execute("select to_regnamespace('marts') is not null").fetchone()[0]:
            warehouse.execute(sql.SQL("alter schema marts rename to {}").format(retired))
        warehouse.execute(sql.SQL("alter schema {} rename to marts").format(sql.Identifier(NEXT_SCHEMA)))
        warehouse.execute("grant usage on schema marts to partsbay_analyst")
        warehouse.execute("grant select on all tables in schema marts to partsbay_analyst")


def _drop_retired(warehouse) -> None:
    """Drop generations that nobody reads any more; one still being read waits for the next publishing."""
    names = warehouse.execute(
        "select nspname from pg_namespace where starts_with(nspname, %s)", [RETIRED_PREFIX]
    ).fetchall()
    for (name,) in names:
        try:
            with warehouse.transaction():
                warehouse.execute("select set_config('lock_timeout', %s, true)", [DROP_TIMEOUT])
                warehouse.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(name)))
        except psycopg.errors.LockNotAvailable:
            continue
