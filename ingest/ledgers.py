"""Questions that hold for every ledger: how many rows, and whether the ledgers agree with each other."""

from __future__ import annotations

import psycopg
from psycopg import sql

# Both sides are one pass and one hash join over the ledgers.
MISSING_MOVEMENTS = """
    select encode(coalesce(moving_lines.idempotency_key, movements.idempotency_key), 'hex')
    from garage_inventory.moving_lines
    full join garage_inventory.movements using (idempotency_key)
    where (moving_lines.garage_code, moving_lines.part_id, moving_lines.condition_code, moving_lines.lot_number,
            moving_lines.quantity)
        is distinct from (movements.garage_code, movements.part_id, movements.condition_code, movements.lot_number,
            movements.quantity)
    limit 1000
"""


def missing_movements(connection: psycopg.Connection) -> list[str]:
    """Idempotency keys of lines and movements that do not match, a thousand at most."""
    return [key for (key,) in connection.execute(MISSING_MOVEMENTS)]


def row_count(connection: psycopg.Connection, schema: str, table: str) -> int:
    """Rows of a store table."""
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
    return connection.execute(query).fetchone()[0]
