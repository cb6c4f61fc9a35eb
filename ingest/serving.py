"""Fill the operational tables ``serving.*`` from the marts by diff.

Only rows that differ are inserted, changed or deleted, so replication ships
changes and nothing else. Cost: one pass over the mart and the served table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

STOCK_POSITIONS = """
    select
        positions.garage_code, positions.part_id, parts.brand_code, parts.part_number,
        positions.on_hand_quantity, positions.held_quantity, positions.reserved_quantity,
        positions.available_quantity, positions.available_raw_quantity, positions.on_order_quantity
    from marts.fct_stock_positions as positions
    join marts.dim_parts as parts using (part_id)
"""

REPLENISHMENT_NEEDS = """
    select
        garage_code, part_id, brand_code, part_number, reorder_point_quantity, inventory_position_quantity,
        proposed_quantity, supplier_code, line_amount, currency_code, outcome_code
    from marts.fct_replenishment_needs
    where is_below_point or line_count > 0
"""

SOURCES = {"stock_positions": STOCK_POSITIONS, "replenishment_needs": REPLENISHMENT_NEEDS}


@dataclass(frozen=True)
class Change:
    """How many rows of a served table were inserted, updated and deleted, and how many it has."""

    inserted: int
    updated: int
    deleted: int
    row_count: int


def serve(
    connection: psycopg.Connection, generation_id: str, as_of: datetime, read_at: datetime | None = None
) -> dict[str, Change]:
    """Bring ``serving.*`` to what the marts say, in one transaction that the caller owns.

    ``read_at`` is when the models read the ledgers; without it, now.
    """
    changes = {table: _serve_table(connection, table, query, as_of) for table, query in SOURCES.items()}
    connection.execute(
        """
        insert into serving.generation (generation_id, as_of_at, served_at, read_at)
        values (%s, %s, now(), coalesce(%s, now()))
        on conflict (is_only) do update set
            generation_id = excluded.generation_id, as_of_at = excluded.as_of_at, served_at = excluded.served_at,
            read_at = excluded.read_at
        """,
        [generation_id, as_of, read_at],
    )
    return changes


def _serve_table(connection, table: str, query: str, as_of: datetime) -> Change:
    target = sql.Identifier("serving", table)
    fresh = sql.Identifier(f"fresh_{table}")
    connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(fresh))
    cursor = connection.execute(sql.SQL("create temporary table {} on commit drop as {}").format(fresh, sql.SQL(query)))
    columns = [
        column.name for column in connection.execute(sql.SQL("select * from {} limit 0").format(fresh)).description
    ]
    connection.execute(sql.SQL("create unique index on {} (garage_code, part_id)").format(fresh))
    connection.execute(sql.SQL("analyze {}").format(fresh))
    values = [column for column in columns if column not in ("garage_code", "part_id")]

    deleted = connection.execute(
        sql.SQL("delete from {} as served where not exists (select from {} where {})").format(
            target, fresh, _same_key(fresh)
        )
    ).rowcount
    updated = connection.execute(
        sql.SQL("update {target} as served set {assign}, as_of_at = %s from {fresh} where {key} and {differs}").format(
            target=target,
            fresh=fresh,
            key=_same_key(fresh),
            assign=sql.SQL(", ").join(
                sql.SQL("{} = {}.{}").format(sql.Identifier(name), fresh, sql.Identifier(name)) for name in values
            ),
            differs=sql.SQL("({}) is distinct from ({})").format(
                sql.SQL(", ").join(sql.SQL("served.{}").format(sql.Identifier(name)) for name in values),
                sql.SQL(", ").join(sql.SQL("{}.{}").format(fresh, sql.Identifier(name)) for name in values),
            ),
        ),
        [as_of],
    ).rowcount
    inserted = connection.execute(
        sql.SQL(
            "insert into {target} ({names}, as_of_at) select {names}, %s from {fresh} "
            "where not exists (select from {target} as served where {key})"
        ).format(
            target=target,
            fresh=fresh,
            key=_same_key(fresh),
            names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        ),
        [as_of],
    ).rowcount
    return Change(inserted, updated, deleted, row_count=cursor.rowcount)


def _same_key(fresh: sql.Identifier) -> sql.Composed:
    return sql.SQL("served.garage_code = {0}.garage_code and served.part_id = {0}.part_id").format(fresh)
