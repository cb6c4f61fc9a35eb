"""What files say of successors: kept as said, and in force once somebody else has approved it.

A line of supersessions is such a statement. A line of parts may name a successor as well: the rest of the line holds
at once, with the successor that holds already, and what it names is a statement of its own.
"""

from __future__ import annotations

from ingest.stores.loading import Statements

RELATION = "catalogue.stated_supersessions"
_COLUMNS = (
    "predecessor_part_id, successor_part_id, valid_from_at, kit_group_code, conversion_quantity, direction_code,"
    " disposition_code, effective_from_on, is_of_part, source_code, actor, batch_id, line_number, payload_hash,"
    " recorded_at"
)
_ACTOR = "coalesce(nullif(current_setting('partsbay.actor', true), ''), session_user)"
_CLAIMS = """catalogue.supersession_claims as claims
{join} claims.predecessor_part_id = keyed.predecessor_part_id and claims.successor_part_id = keyed.successor_part_id
    and claims.valid_from_at = keyed.valid_from_at
    and (not claims.is_rejected or claims.payload_hash = keyed.payload_hash)"""

_STATE = f"""
with stored as (
    insert into {RELATION} ({_COLUMNS})
    select distinct on (predecessor_part_id, successor_part_id, valid_from_at)
        predecessor_part_id, successor_part_id, valid_from_at, kit_group_code, conversion_quantity, direction_code,
        disposition_code, effective_from_on, false, %(source_code)s, {_ACTOR}, %(batch_id)s, line_number,
        payload_hash, %(received_at)s
    from keyed
    where not exists (select from {_CLAIMS.format(join="where")})
    order by predecessor_part_id, successor_part_id, valid_from_at, line_number
    returning 1
)

select count(*) from stored
"""
_UNSTATED = f"""
select keyed.line_number, bool_or(keyed.payload_hash = claims.payload_hash)
from keyed
inner join {_CLAIMS.format(join="on")}
group by keyed.line_number
having not bool_or((claims.batch_id, claims.line_number) is not distinct from (%(batch_id)s, keyed.line_number))
"""


def statements_of(keyed: str, unknown: tuple[str, ...]) -> Statements:
    """How a file of supersessions is stored."""
    return Statements(relations=(RELATION,), keyed=keyed, unknown=unknown, insert=_STATE, unstored=_UNSTATED)


# The successor that holds at the moment of a line of parts; of most parts nobody ever named one.
KEPT_SUCCESSOR = """case
        when exists (
            select from catalogue.parts as replaced
            where replaced.part_id = keyed.part_id and replaced.superseded_by_part_number is not null
        ) then (
            select case when not before.is_retired then before.superseded_by_part_number end
            from catalogue.parts as before
            where before.part_id = keyed.part_id and before.valid_from_at <= keyed.valid_from_at
            order by before.valid_from_at desc, before.revision_number desc
            limit 1
        )
    end"""

# Behind the insert of parts, which returns the lines that were stored. Who sends all parts every day is asked once.
STATE_OF_PARTS = f"""
stated as (
    insert into {RELATION} ({_COLUMNS})
    select distinct on (named.part_id, named.successor_part_id)
        named.part_id, named.successor_part_id, named.valid_from_at, null, 1, 'ONE_WAY', 'USE_UP',
        named.effective_from_on, true, %(source_code)s, {_ACTOR}, %(batch_id)s, named.line_number,
        sha256(convert_to(jsonb_build_array(null, 1.000, 'ONE_WAY', 'USE_UP', named.effective_from_on)::text, 'UTF8')),
        %(received_at)s
    from (
        select keyed.part_id, keyed.valid_from_at, keyed.line_number,
            (keyed.valid_from_at at time zone 'UTC')::date as effective_from_on,
            catalogue.part_id(keyed.brand_code, keyed.superseded_by_part_number) as successor_part_id,
            catalogue.part_id(keyed.brand_code, stored.superseded_by_part_number) as kept_part_id
        from stored
        inner join keyed using (line_number)
        where keyed.superseded_by_part_number is not null
    ) as named
    where named.successor_part_id <> named.part_id
        and named.successor_part_id is distinct from named.kept_part_id
        and not exists (
            select from {RELATION} as said
            where said.predecessor_part_id = named.part_id and said.successor_part_id = named.successor_part_id
                and said.valid_from_at <= named.valid_from_at
        )
        and not exists (
            select from catalogue.supersessions as edges
            where edges.predecessor_part_id = named.part_id and edges.successor_part_id = named.successor_part_id
                and edges.valid_from_at <= named.valid_from_at
        )
    order by named.part_id, named.successor_part_id, named.valid_from_at, named.line_number
)
"""
