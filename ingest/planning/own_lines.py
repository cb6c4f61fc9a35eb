"""Lines that no run proposes and a planner wants all the same: to fill an order, for a customer, before a season.

A decision about one names garage and part instead of a revision. Its proposal gets the id that a run would give it,
says that nothing is proposed, and has the numbers of the last run; the planner's quantity, supplier and reason stand
with the decision, which is judged as any other.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from ingest.replenishment import LOCK_PROPOSALS

# What can be said of a line that nobody proposes.
OWN_ACTS = ("APPROVE", "FIRM")

_IS_BUILT = "select to_regclass('marts.fct_reorder_points') is not null"
_SUPPLIER = "select supplier_code from marts.fct_reorder_points where garage_code = %s and part_id = %s"
_PROPOSE = """
with said as (
    select distinct on (proposal_id) *
    from unnest(%(proposal_id)s::uuid[], %(garage_code)s::text[], %(part_id)s::uuid[])
        as given (proposal_id, garage_code, part_id)
),

latest as (
    select distinct on (proposal_id) proposal_id, revision_number, change_code, explanation
    from replenishment.proposals
    where proposal_id in (select proposal_id from said)
    order by proposal_id, revision_number desc
),

faced as (
    select
        said.*,
        latest.revision_number,
        coalesce(latest.change_code <> 'GONE', false) as is_open,
        latest.explanation ? 'is_planners_own' as is_own,
        coalesce(parts.is_orderable, true) as is_orderable,
        parts.part_id is not null and points.part_id is not null as is_known,
        (
            select string_agg(
                concat(successors.brand_code, ' ', successors.part_number), ', ' order by successors.part_number
            )
            from intermediate.int_parts_planned as planned
            inner join marts.dim_parts as successors on successors.part_id = planned.planned_part_id
            where planned.part_id = said.part_id and planned.planned_part_id <> said.part_id
        ) as successor_words,
        points.supplier_code,
        points.unit_price_amount,
        points.currency_code,
        greatest(points.as_of_at, (select max(as_of_at) from replenishment.proposals)) as as_of_at,
        to_jsonb(points) || jsonb_build_object(
            'brand_code', parts.brand_code, 'part_number', parts.part_number, 'description', parts.description,
            'is_planners_own', true, 'explanation', 'No run proposes it; a planner wants it.'
        ) as explanation
    from said
    -- At most one row per proposal, per garage and part, and per part on the right sides.
    left join latest using (proposal_id)
    left join marts.fct_reorder_points as points using (garage_code, part_id)
    left join marts.dim_parts as parts on said.part_id = parts.part_id
),

stored as (
    insert into replenishment.proposals
        (proposal_id, revision_number, as_of_at, line_type_code, garage_code, part_id, supplier_code, quantity,
        unit_price_amount, currency_code, status_code, change_code, explanation, payload_hash)
    select
        proposal_id, coalesce(revision_number, 0) + 1, as_of_at, 'BUY', garage_code, part_id, supplier_code, 0,
        unit_price_amount, currency_code, 'NOT_PROPOSED', 'NEW', explanation,
        sha256(convert_to(explanation::text, 'UTF8'))
    from faced
    where is_known and is_orderable and not is_open
    returning proposal_id, revision_number
)

select
    faced.proposal_id,
    coalesce(stored.revision_number, case when faced.is_open and faced.is_own then faced.revision_number end),
    case
        when faced.is_open and not faced.is_own then 'a line is proposed there already; decide about that one'
        when faced.successor_words is not null then format('the part is replaced; order %%s', faced.successor_words)
        when not faced.is_known then format('garage %%s has no stock of the part, no demand and nothing on the way',
            faced.garage_code)
        when not faced.is_open and not faced.is_orderable then 'by its life cycle the part is not ordered'
    end
from faced
left join stored using (proposal_id)
"""


def proposal_id_of(garage_code: str, part_id: UUID) -> UUID:
    """The id that every run gives to what a garage buys of a part."""
    return UUID(hashlib.md5(f"{garage_code}|{part_id}|BUY".encode(), usedforsecurity=False).hexdigest())


def usual_supplier(connection: psycopg.Connection, garage_code: str, part_id: UUID) -> str | None:
    """Whom such a line is ordered from where the planner names nobody; None where nobody offers the part."""
    with connection.cursor(row_factory=tuple_row) as own:
        (is_built,) = own.execute(_IS_BUILT).fetchone()
        found = own.execute(_SUPPLIER, [garage_code, part_id]).fetchone() if is_built else None
        return found[0] if found else None


def propose_own(
    cursor: psycopg.Cursor, wanted: list[tuple[UUID, str, UUID]]
) -> dict[UUID, tuple[int | None, str | None]]:
    """Proposals for lines of a planner's own, by their ids: the revision to decide about, or why there can be none.

    ``wanted`` are proposal, garage and part. One that is there already and not gone is not stored again.
    """
    with cursor.connection.cursor(row_factory=tuple_row) as own:
        own.execute(LOCK_PROPOSALS)
        (is_built,) = own.execute(_IS_BUILT).fetchone()
        if not is_built:
            return {one[0]: (None, "nothing was worked out yet; partsbay run does") for one in wanted}
        ids, garages, parts = (list(column) for column in zip(*wanted, strict=True))
        values = {"proposal_id": ids, "garage_code": garages, "part_id": parts}
        return {found: (revision, problem) for found, revision, problem in own.execute(_PROPOSE, values)}
