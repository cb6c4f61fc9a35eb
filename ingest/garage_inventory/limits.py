"""How much an adjustment may move without a second person: what was stated, and stating it anew."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.errors import SettingsError
from ingest.vocabularies import ADJUSTMENT_REASONS


@dataclass(frozen=True)
class Limit:
    """A limit for a reason, a garage, both, or everybody, from a moment on; neither amount nor percent is no limit.

    The amount is in the currency of each part; the percent is of what the cell holds when a line arrives, and
    ``minimum_quantity`` base units are below it in any case.
    """

    valid_from_at: datetime
    garage_code: str | None = None
    adjustment_reason_code: str | None = None
    limit_amount: Decimal | None = None
    limit_pct: Decimal | None = None
    minimum_quantity: Decimal = Decimal(0)


_IN_FORCE = """
select distinct on (adjustment_reason_code, garage_code) garage_code, adjustment_reason_code,
    nullif(valid_from_at, '-infinity') as valid_from_at, limit_amount, limit_pct, minimum_quantity
from garage_inventory.approval_limits_in_use as limits
where valid_from_at <= coalesce(%(at)s::timestamptz, now())
order by
    adjustment_reason_code nulls first, garage_code nulls first, limits.valid_from_at desc, limits.recorded_at desc
"""
_STATE = """
insert into garage_inventory.approval_limits (
    garage_code, adjustment_reason_code, valid_from_at, limit_amount, limit_pct, minimum_quantity, source_code, actor
)
values (
    %(garage_code)s, %(adjustment_reason_code)s, %(valid_from_at)s, %(limit_amount)s, %(limit_pct)s,
    %(minimum_quantity)s, 'partsbay', %(actor)s
)
"""


def limits_in_force(connection: psycopg.Connection, at: datetime | None = None) -> list[dict[str, Any]]:
    """The limits that hold now, or at a moment, the general ones first; of those that fit a line the nearest counts."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_IN_FORCE, {"at": at}).fetchall()


def state_limit(connection: psycopg.Connection, limit: Limit, actor: str, reason: str) -> None:
    """Let a limit hold from its moment on; what was decided before stays decided."""
    if limit.adjustment_reason_code not in (None, *ADJUSTMENT_REASONS):
        words = f"there is no reason '{limit.adjustment_reason_code}'"
        raise SettingsError("NO_REASON_CODE", words, f"Use one of {', '.join(ADJUSTMENT_REASONS)}.")
    if min(limit.limit_amount or 0, limit.limit_pct or 0, limit.minimum_quantity) < 0:
        raise SettingsError("NO_LIMIT", "a limit is not below nothing", "Write 0 where every line needs approval.")
    with connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, actor, reason)
        cursor.execute(_STATE, {**asdict(limit), "actor": actor})
