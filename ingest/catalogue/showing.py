"""What the catalogue says of a part at a moment, by what was known at another; part numbers that may be confused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.errors import PartsbayError


@dataclass(frozen=True)
class Moment:
    """As it was at ``valid_at``, as we knew it at ``known_at``; None is now, and all that we know."""

    valid_at: datetime | None = None
    known_at: datetime | None = None

    @property
    def values(self) -> dict[str, datetime | None]:
        return {"valid_at": self.valid_at, "known_at": self.known_at}


_AT = "coalesce(%(valid_at)s::timestamptz, now()), coalesce(%(known_at)s::timestamptz, 'infinity')"
_PART = f"""
select parts.*, cycles.lifecycle_name, cycles.is_orderable, cycles.is_sold_from_stock
from catalogue.parts_at({_AT}) as parts
left join catalogue.life_cycles as cycles using (lifecycle_code)
where parts.part_id = %(part_id)s
"""
# Equal neighbours are one version; a revision that was corrected later is left out.
_HISTORY = """
select valid_from_at, revision_number, lifecycle_code, lifecycle_name, is_retired, source_code, actor, recorded_at
from (
    select newest.*, lag(payload_hash) over (order by valid_from_at) as hash_before
    from (
        select distinct on (valid_from_at) parts.*
        from catalogue.parts
        where part_id = %(part_id)s and recorded_at <= coalesce(%(known_at)s::timestamptz, 'infinity')
        order by valid_from_at, revision_number desc
    ) as newest
) as versions
left join catalogue.life_cycles as cycles using (lifecycle_code)
where payload_hash is distinct from hash_before
order by valid_from_at
"""
_PACKS = f"""
select uom_code, factor_quantity, gtin, is_orderable, valid_from_at, source_code, actor
from catalogue.packs_at({_AT})
where part_id = %(part_id)s
order by factor_quantity, uom_code
"""
_REFERENCES = f"""
select reference_type_code, other_brand_code, other_part_number, quality_grade_code, quantity, is_approved,
    valid_from_at, source_code, actor
from catalogue.part_references_at({_AT})
where part_id = %(part_id)s
order by reference_type_code, other_brand_code, other_part_number
"""
_NAMES = """
(
    select string_agg(newest.brand_code || ' ' || newest.part_number, ' → ' order by step.place)
    from unnest({path}) with ordinality as step (part_id, place)
    cross join lateral (
        select parts.brand_code, parts.part_number
        from catalogue.parts
        where parts.part_id = step.part_id
        order by parts.valid_from_at desc, parts.revision_number desc
        limit 1
    ) as newest
)
"""
_ORDERED = f"""
select {_NAMES.format(path="array[orderable_part_id]")} as orderable_part, conversion_quantity,
    {_NAMES.format(path="path")} as path, dispositions, is_kit, is_orderable
from catalogue.orderable_part(%(part_id)s, {_AT})
"""
_REPLACES = f"""
select {_NAMES.format(path="array[predecessor_part_id]")} as part, conversion_quantity,
    {_NAMES.format(path="path")} as path
from catalogue.supersession_rollup_to(%(part_id)s, {_AT})
order by 1
"""
_POLICY = f"""
select value_name, value, level_code, source_words, valid_from_at, source_code, actor
from catalogue.stocking_policy_of(%(garage_code)s, %(part_id)s, {_AT})
order by value_name
"""


def show_part(
    connection: psycopg.Connection, part_id: UUID, moment: Moment | None = None, garage_code: str | None = None
) -> dict[str, Any]:
    """Everything that the catalogue says of a part: refuses one that it did not have then.

    ``policy`` is that of a garage, or without one that of the network.
    """
    values = {"part_id": part_id, "garage_code": garage_code, **(moment or Moment()).values}
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        # One moment for all that is asked.
        cursor.execute("set transaction isolation level repeatable read")

        def rows(statement: str) -> list[dict[str, Any]]:
            return cursor.execute(statement, values).fetchall()

        found = rows(_PART)
        if not found:
            raise PartsbayError(
                "NOT_THERE",
                "the catalogue had no such part then, or had retired it",
                "Ask for another moment with --at and --known-at.",
            )
        return {
            "part": {name: value for name, value in found[0].items() if name != "payload_hash"},
            "history": rows(_HISTORY),
            "packs": rows(_PACKS),
            "references": rows(_REFERENCES),
            "ordered_instead": rows(_ORDERED),
            "stands_for": rows(_REPLACES),
            "policy": rows(_POLICY),
        }


def policy_of(
    connection: psycopg.Connection, part_id: UUID, garage_code: str | None, moment: Moment | None = None
) -> list[dict[str, Any]]:
    """Each value of the stocking policy of a part with where it comes from: in a garage, or in the network."""
    values = {"part_id": part_id, "garage_code": garage_code, **(moment or Moment()).values}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_POLICY, values).fetchall()


def collisions(connection: psycopg.Connection, limit: int = 1000) -> list[dict[str, Any]]:
    """Sets of part numbers that may be taken for each other, with the code that says how."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select collision_code, part_key, number_count, part_numbers from catalogue.part_number_collisions"
            " order by collision_code, part_key limit %s",
            (limit,),
        ).fetchall()
