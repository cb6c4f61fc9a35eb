"""The statements behind the replenishment store: proposals and messages in.

Every function works in the transaction of the connection it is given and says there
who changes the store and why; the caller commits. Running one twice on the same input
writes nothing the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from ingest.audit import attribute

ACTOR = "pipeline"
TOPIC = "replenishment.proposal"


@dataclass(frozen=True)
class ProposalChanges:
    """How many proposals are new, changed, gone or the same as at the last run."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    # The as-of lies before that of a stored revision: the queue tells the present, so nothing was stored.
    is_past: bool = False


# One writer at a time: two runs at once would otherwise number the same revision.
LOCK_PROPOSALS = "select pg_advisory_xact_lock(hashtext('replenishment.proposals'))"

_LATEST_AS_OF = "select max(as_of_at) from replenishment.proposals"

_COMPARE = """
    create temporary table proposal_changes on commit drop as
    with latest as (
        select distinct on (proposal_id) *
        from replenishment.proposals
        {within}
        order by proposal_id, revision_number desc
    ),
    fresh as (
        select
            proposals.*,
            to_jsonb(proposals) - 'as_of_at' as numbers
        from marts.fct_replenishment_proposals as proposals
        {within}
    ),
    -- What is asked for, and not the figures behind it, which move from day to day: a request that stays the same
    -- is not made again, and a workbook of yesterday still fits it.
    hashed as (
        select
            *,
            sha256(convert_to(jsonb_build_array(
                line_type_code, garage_code, part_id, from_garage_code, ordered_part_id, supplier_code,
                supplier_part_number, outcome_code, status_code, act_id, trim_scale(proposed_quantity),
                trim_scale(pack_quantity), trim_scale(unit_price_amount), currency_code, review_reason_code
            )::text, 'UTF8')) as payload_hash
        from fresh
    )
    select
        coalesce(hashed.proposal_id, latest.proposal_id) as proposal_id,
        coalesce(latest.revision_number, 0) + 1 as revision_number,
        coalesce(hashed.line_type_code, latest.line_type_code) as line_type_code,
        coalesce(hashed.garage_code, latest.garage_code) as garage_code,
        coalesce(hashed.part_id, latest.part_id) as part_id,
        case when hashed.proposal_id is null then latest.supplier_code else hashed.supplier_code end as supplier_code,
        coalesce(hashed.proposed_quantity, 0) as quantity,
        hashed.unit_price_amount,
        hashed.currency_code,
        case
            when hashed.proposal_id is null then 'WITHDRAWN'
            else hashed.status_code
        end as status_code,
        case
            when hashed.proposal_id is null then 'GONE'
            when latest.proposal_id is null or latest.change_code = 'GONE' then 'NEW'
            when hashed.payload_hash = latest.payload_hash then 'SAME'
            else 'CHANGED'
        end as change_code,
        coalesce(hashed.numbers, '{{}}') as explanation,
        coalesce(hashed.payload_hash, sha256(convert_to('GONE', 'UTF8'))) as payload_hash
    from hashed
    full join latest using (proposal_id)
    where hashed.proposal_id is not null or latest.change_code <> 'GONE'
"""

_WITHIN = "where proposal_id in (select proposal_id from pg_temp.{})"

_COUNT = "select change_code, count(*) from proposal_changes group by change_code"

_STORE_PROPOSALS = """
    insert into replenishment.proposals
        (proposal_id, revision_number, as_of_at, line_type_code, garage_code, part_id, supplier_code, quantity,
        unit_price_amount, currency_code, status_code, change_code, explanation, payload_hash)
    select
        proposal_id, revision_number, %(as_of)s, line_type_code, garage_code, part_id, supplier_code, quantity,
        unit_price_amount, currency_code, status_code, change_code, explanation, payload_hash
    from proposal_changes
    where change_code <> 'SAME'
"""

_STORE_MESSAGES = """
    insert into replenishment.messages (topic_code, deduplication_key, payload)
    select
        %(topic)s,
        proposal_id || ':' || revision_number,
        jsonb_build_object(
            'proposal_id', proposal_id, 'revision_number', revision_number, 'change_code', change_code,
            'status_code', status_code, 'as_of_at', %(as_of)s::timestamptz, 'run_id', %(run_id)s::text,
            'line_type_code', line_type_code, 'garage_code', garage_code, 'part_id', part_id,
            'supplier_code', supplier_code, 'quantity', quantity, 'unit_price_amount', unit_price_amount,
            'currency_code', currency_code
        )
    from proposal_changes
    where change_code in ('NEW', 'CHANGED')
    on conflict (topic_code, deduplication_key) do nothing
"""


def store_proposals(
    connection: psycopg.Connection, run_id: str, as_of: datetime, within: str | None = None
) -> ProposalChanges:
    """Append what differs between ``marts.fct_replenishment_proposals`` and the latest revisions in the store.

    New and changed proposals get a revision and a queue message, vanished ones a
    revision that says GONE. Changed is what asks for something else, another quantity,
    supplier, price or state, or for another reason to look; figures that moved without
    that make no revision. For an as-of before that of the latest revision nothing is
    stored: the past may be computed, but it is not queued again. ``within`` names a temporary table of the proposals
    that are compared; the others are left as they are.
    """
    compared = sql.SQL(_WITHIN).format(sql.Identifier(within)) if within else sql.SQL("")
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(LOCK_PROPOSALS)
        (latest_as_of,) = cursor.execute(_LATEST_AS_OF).fetchone()
        if latest_as_of is not None and as_of < latest_as_of:
            return ProposalChanges(is_past=True)
        cursor.execute("drop table if exists pg_temp.proposal_changes")
        cursor.execute(sql.SQL(_COMPARE).format(within=compared))
        counts = dict(cursor.execute(_COUNT).fetchall())
        changes = ProposalChanges(*(counts.get(code, 0) for code in ("NEW", "CHANGED", "GONE", "SAME")))
        if changes.new + changes.changed + changes.gone:
            attribute(cursor, ACTOR, f"proposed as of {as_of.isoformat()}", action_code="LOAD", correlation_id=run_id)
            cursor.execute(_STORE_PROPOSALS, {"as_of": as_of})
            cursor.execute(_STORE_MESSAGES, {"topic": TOPIC, "as_of": as_of, "run_id": run_id})
    return changes
