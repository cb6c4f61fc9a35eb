"""What the catalogue refuses because of what else is in it: lines of ``keyed`` with the reason, and what they wait for.

Each statement selects line number, reason, kind of reference and its key; a line that waits for nothing names none.
"""

from __future__ import annotations

UNKNOWN_PART_TYPE = """
select line_number, 'UNKNOWN_PART_TYPE: part_type_code is ''' || part_type_code
    || ''', which is none of the part types of the catalogue', null, null
from keyed
where part_type_code is not null
    and exists (select from catalogue.part_types_at())
    and part_type_code not in (select part_types.part_type_code from catalogue.part_types_at() as part_types)
"""

_SAID_TWICE = """
select line_number, 'DUPLICATE_GTIN: gtin ' || gtin || ' is on another line of this file as well', null, null
from (
    select line_number, gtin, {key}, first_value({key}) over (
        partition by lpad(gtin, 14, '0') order by line_number
    ) as first_key
    from (select *, {key_of} as {key} from keyed) as keyed
    where gtin is not null
) as said
where {key} <> first_key
"""
_OWNED = """
select keyed.line_number, 'DUPLICATE_GTIN: gtin ' || keyed.gtin || ' is already that of ' || owner.words, null, null
from keyed
cross join lateral (
    select owners.words
    from catalogue.gtin_owners(keyed.gtin, keyed.valid_from_at) as owners
    where {is_another}
    limit 1
) as owner
where keyed.gtin is not null
union all
"""
DUPLICATE_PART_GTIN = _OWNED.format(
    is_another="owners.uom_code is not null or owners.part_id <> keyed.part_id"
) + _SAID_TWICE.format(key="owner_key", key_of="part_id::text")
DUPLICATE_PACK_GTIN = _OWNED.format(
    is_another="(owners.part_id, owners.uom_code) is distinct from (keyed.part_id, keyed.uom_code)"
) + _SAID_TWICE.format(key="owner_key", key_of="part_id::text || ' ' || uom_code")

# A factor that units settle among themselves, or one that makes a piece into pieces of a piece, is a slip.
WRONG_FACTOR = """
select line_number, concat('UNIT: factor_quantity of ', uom_code, ' is ', trim_scale(factor_quantity), ', ',
        case
            when uom_code = base_uom_code then 'which is the base unit of ' || brand_code || ' ' || part_number
            when base_uom_code = 'EA' then brand_code || ' ' || part_number || ' is counted in whole EA'
            else 'L and ML are converted as they are everywhere'
        end), null, null
from (
    select keyed.*, base.base_uom_code
    from keyed
    cross join lateral (
        select parts.base_uom_code
        from catalogue.parts
        where parts.part_id = keyed.part_id
        order by parts.valid_from_at > keyed.valid_from_at,
            case when parts.valid_from_at <= keyed.valid_from_at then parts.valid_from_at end desc,
            parts.valid_from_at, parts.revision_number desc
        limit 1
    ) as base
) as packs
where (uom_code = base_uom_code and factor_quantity <> 1)
    or (base_uom_code = 'EA' and factor_quantity <> trunc(factor_quantity))
    or (uom_code in ('L', 'ML') and base_uom_code in ('L', 'ML') and uom_code <> base_uom_code
        and factor_quantity <> case uom_code when 'L' then 1000 else 0.001 end)
"""

SAME_PART = """
select line_number, 'SCHEMA: ' || other_brand_code || ' ' || other_part_number || ' is the part itself', null, null
from keyed
where other_part_id = part_id
"""

UNKNOWN_SUCCESSOR = """
select line_number, 'UNKNOWN_PART: ' || coalesce(successor_brand_code, brand_code) || ' ' || successor_part_number
    || ' is not in the catalogue', 'PART', successor_part_id::text
from keyed
where not exists (select from catalogue.parts where parts.part_id = keyed.successor_part_id)
"""

# Selects nothing. A statement of its own, so that the next one sees all that was committed while this one waited.
LOCK_FOR_EDGES = """
select null::bigint, null, null, null from catalogue.lock_supersessions() as is_locked where not is_locked
"""
LOCK_FOR_PARTS = """
select null::bigint, null, null, null
from (select 1 from keyed where superseded_by_part_number is not null limit 1) as replaced
cross join lateral catalogue.lock_supersessions() as is_locked
where not is_locked
"""

# Edges of the file and of the catalogue are one graph: every line of the file that lies on a circle of it, or in too
# long a chain, is refused.
_UNSOUND = """
with edges as materialized ({edges}),

faults as (
    select found.line_number, found.fault_code
    from (
        select array_agg(line_number) as line_numbers, array_agg(predecessor_part_id) as predecessors,
            array_agg(successor_part_id) as successors, array_agg(span) as spans
        from edges
        having count(*) > 0
    ) as said
    cross join lateral catalogue.unsound_edges(said.line_numbers, said.predecessors, said.successors, said.spans)
        as found
)

select keyed.line_number, faults.fault_code || ': ' || brand_code || ' ' || part_number || case faults.fault_code
        when 'CYCLE' then ' cannot be replaced by ' || {successor} || ', which leads back to it'
        else ' replaced by ' || {successor} || ' is one of more than ' || catalogue.longest_chain()
            || ' supersessions in a row'
    end, null, null
from keyed
inner join faults using (line_number)
"""
UNSOUND_EDGES = _UNSOUND.format(
    edges="""
    select line_number, predecessor_part_id, successor_part_id,
        tstzrange(greatest(valid_from_at, effective_from_on::timestamp at time zone 'UTC'), null) as span
    from keyed
""",
    successor="coalesce(successor_brand_code, brand_code) || ' ' || successor_part_number",
)
UNSOUND_PARTS = _UNSOUND.format(
    edges="""
    select line_number, part_id as predecessor_part_id,
        catalogue.part_id(brand_code, superseded_by_part_number) as successor_part_id,
        tstzrange(valid_from_at, until_at) as span
    from (
        select keyed.*, lead(valid_from_at) over (partition by part_id order by valid_from_at) as until_at from keyed
    ) as versions
    where superseded_by_part_number is not null
        and catalogue.part_key(superseded_by_part_number) <> catalogue.part_key(part_number)
""",
    successor="brand_code || ' ' || superseded_by_part_number",
)
