"""What planners expect beyond the forecast: stated, listed, ended. Nothing is edited; an end is a further revision."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.errors import PartsbayError, SettingsError
from ingest.refusals import refusals

# The same words again are the same uplift: a command that is repeated says nothing new.
_STATE = """
    insert into replenishment.demand_uplifts
        (uplift_id, revision_number, garage_code, part_id, category_code, factor_pct, from_on, to_on, actor, reason,
        event_at)
    select
        md5(jsonb_build_array(%(garage_code)s::text, %(part_id)s::uuid, %(category_code)s::text,
            trim_scale(%(factor_pct)s::numeric), %(from_on)s::date, %(to_on)s::date, %(reason)s::text)::text)::uuid,
        1, %(garage_code)s, %(part_id)s, %(category_code)s, %(factor_pct)s, %(from_on)s, %(to_on)s, %(actor)s,
        %(reason)s, now()
    on conflict do nothing
    returning uplift_id
"""
_FOUND = """
    select distinct on (uplift_id)
        uplift_id, revision_number, garage_code, part_id, category_code, factor_pct, from_on, to_on, actor, reason,
        event_at
    from replenishment.demand_uplifts
    where uplift_id::text like %(prefix)s || '%%'
    order by uplift_id, revision_number desc
"""
_END = """
    insert into replenishment.demand_uplifts
        (uplift_id, revision_number, garage_code, part_id, category_code, factor_pct, from_on, to_on, actor, reason,
        event_at)
    select uplift_id, revision_number + 1, garage_code, part_id, category_code, factor_pct, from_on, %(to_on)s,
        %(actor)s, %(reason)s, now()
    from replenishment.demand_uplifts
    where uplift_id = %(uplift_id)s and revision_number = %(revision_number)s
"""
_LIST = f"""
    with newest as ({_FOUND})

    select newest.*, first_said.actor as stated_by, parts.brand_code, parts.part_number
    from newest
    inner join replenishment.demand_uplifts as first_said
        on first_said.uplift_id = newest.uplift_id and first_said.revision_number = 1
    left join lateral (
        select brand_code, part_number from catalogue.parts
        where parts.part_id = newest.part_id order by valid_from_at desc limit 1
    ) as parts on true
    where %(with_past)s or newest.to_on >= greatest(newest.from_on, current_date)
    order by newest.from_on, newest.to_on, newest.uplift_id
"""


@dataclass(frozen=True)
class Uplift:
    """Demand beyond the forecast, in per cent of it, from a day to a day; what is None selects any."""

    factor_pct: Decimal
    from_on: date
    to_on: date
    reason: str
    garage_code: str | None = None
    part_id: UUID | None = None
    category_code: str | None = None


def state_uplift(connection: psycopg.Connection, uplift: Uplift, actor: str) -> tuple[UUID | None, bool]:
    """Keep an uplift with who says so and why; returns its id, and whether it is new."""
    _check(connection, uplift)
    given = {**asdict(uplift), "actor": actor}
    with refusals(), connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, actor, uplift.reason, action_code="UPLIFT")
        row = cursor.execute(_STATE, given).fetchone()
    return (row[0], True) if row else (None, False)


def end_uplift(connection: psycopg.Connection, prefix: str, to_on: date, reason: str, actor: str) -> dict[str, Any]:
    """Let an uplift end on another day; one that ends before it begins never counts. Returns what it is now."""
    with refusals(), connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_FOUND, {"prefix": prefix}).fetchall()
        if len(found) != 1:
            said = "There is no uplift" if not found else f"{len(found)} uplifts begin with"
            raise SettingsError("NO_SUCH_UPLIFT", f"{said} {prefix}", "Copy its id from partsbay forecast uplifts.")
        (uplift,) = found
        if uplift["to_on"] != to_on:
            attribute(cursor, actor, reason, action_code="END_UPLIFT")
            cursor.execute(_END, {**uplift, "to_on": to_on, "reason": reason, "actor": actor})
        return {**uplift, "to_on": to_on}


def list_uplifts(connection: psycopg.Connection, with_past: bool = False) -> list[dict[str, Any]]:
    """Every uplift that counts today or later, or every one, with who stated it and who said the last of it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LIST, {"prefix": "", "with_past": with_past}).fetchall()


def _check(connection: psycopg.Connection, uplift: Uplift) -> None:
    if uplift.garage_code is None and uplift.part_id is None and uplift.category_code is None:
        raise SettingsError("NO_SCOPE", "An uplift of everything is refused", "Name a garage, a part or a category.")
    if not -100 <= uplift.factor_pct <= 10000 or uplift.factor_pct == 0:
        words = f"{uplift.factor_pct} % is neither more nor less demand"
        raise SettingsError("FACTOR", words, "Give -100 to 10000, and not 0.")
    if uplift.to_on < uplift.from_on:
        words = f"It would end on {uplift.to_on}, before it begins"
        raise SettingsError("DATES", words, "Give a last day that is not before the first.")
    if not uplift.reason.strip():
        raise SettingsError("NO_REASON", "An uplift needs a reason", "Say why with --reason.")
    for table, column, value in (
        ("garages", "garage_code", uplift.garage_code),
        ("parts", "category_code", uplift.category_code),
    ):
        query = f"select exists (select from catalogue.{table} where {column} = %s)"
        if value is not None and not connection.execute(query, [value]).fetchone()[0]:
            words = f"the catalogue has no {column.removesuffix('_code')} {value}"
            raise PartsbayError("UNKNOWN_SCOPE", words, "Copy the code from the catalogue.")
