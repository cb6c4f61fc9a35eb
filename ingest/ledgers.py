"""Questions that hold for every ledger: how many rows, and whether the ledgers agree with each other."""

from __future__ import annotations

import psycopg
from psycopg import sql

# Both sides are one pass and one hash join over the ledgers.
MISSING_MOVEMENTS = """
    with moving_lines as (
        select idempotency_key, garage_code, part_id,
            case usage_type_code when 'RETURN_UNUSED' then quantity else -quantity end as quantity
        from garage_inventory.usage_lines
        where usage_type_code in ('FITTED', 'SOLD_COUNTER', 'INTERNAL', 'WARRANTY', 'RETURN_UNUSED')
        union all
        select idempotency_key, garage_code, part_id,
            case direction_code when 'IN' then quantity else -quantity end
        from garage_inventory.adjustments
        where approval_code in ('APPROVED', 'AUTO')
    )
    select encode(coalesce(moving_lines.idempotency_key, movements.idempotency_key), 'hex')
    from moving_lines
    full join garage_inventory.movements using (idempotency_key)
    where (moving_lines.garage_code, moving_lines.part_id, moving_lines.quantity)
        is distinct from (movements.garage_code, movements.part_id, movements.quantity)
    limit 1000
"""


def missing_movements(connection: psycopg.Connection) -> list[str]:
    """Idempotency keys of lines and movements that do not match, a thousand at most."""
    return [key for (key,) in connection.execute(MISSING_MOVEMENTS)]


def row_count(connection: psycopg.Connection, schema: str, table: str) -> int:
    """Rows of a store table."""
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
    return connection.execute(query).fetchone()[0]


def audit_breaches(connection: psycopg.Connection) -> list[tuple]:
    """Every record or head of the audit chains that is not as it was written."""
    return connection.execute("select * from audit.breaches()").fetchall()
