with

versions as (
    select * from {{ ref('stg_catalogue__supersessions') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

in_force as (
    select distinct on (predecessor_part_id, successor_part_id) *
    from versions
    order by predecessor_part_id, successor_part_id, valid_from_at desc
),

-- Since when one replaces the other, whatever was said of them later, and since when that was known.
begun as (
    select
        predecessor_part_id,
        successor_part_id,
        min(greatest(valid_from_at, effective_from_on::timestamp at time zone 'UTC')) as since_at,
        min(recorded_at) as known_from_at
    from versions
    where not is_retired
    group by predecessor_part_id, successor_part_id
),

explicit as (
    select
        predecessor_part_id,
        successor_part_id,
        in_force.conversion_quantity,
        in_force.kit_group_code,
        in_force.disposition_code,
        in_force.effective_from_on,
        1 as origin_rank,
        begun.since_at,
        begun.known_from_at
    from in_force
    inner join begun using (predecessor_part_id, successor_part_id)
    where not in_force.is_retired and in_force.effective_from_on <= {{ as_of_on() }}
),

-- A part that names its successor says so of every unit; who says more of the same two parts is believed.
stated as (
    select
        parts.part_id as predecessor_part_id,
        parts.superseded_by_part_id as successor_part_id,
        1::numeric as conversion_quantity,
        null::text as kit_group_code,
        'USE_UP' as disposition_code,
        (parts.valid_from_at at time zone 'UTC')::date as effective_from_on,
        2 as origin_rank,
        parts.valid_from_at as since_at,
        parts.recorded_at as known_from_at
    from parts
    where
        parts.superseded_by_part_id <> parts.part_id
        and not parts.is_retired
        and not exists (
            select from explicit
            where
                explicit.predecessor_part_id = parts.part_id
                and explicit.successor_part_id = parts.superseded_by_part_id
        )
),

edges as (
    select * from explicit
    union all
    select * from stated
),

-- What replaces a part together is a kit. A successor that the catalogue does not have yet replaces nothing yet.
grouped as (
    select
        edges.*,
        coalesce('kit ' || edges.kit_group_code, edges.successor_part_id::text) as group_key,
        max(edges.effective_from_on) over (
            partition by
                edges.predecessor_part_id,
                coalesce('kit ' || edges.kit_group_code, edges.successor_part_id::text)
        ) as group_from_on
    from edges
    inner join parts on edges.successor_part_id = parts.part_id
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by predecessor_part_id order by group_from_on desc, origin_rank, group_key
        ) as group_rank
    from grouped
),

final as (
    select
        predecessor_part_id,
        successor_part_id,
        conversion_quantity,
        kit_group_code,
        disposition_code,
        effective_from_on,
        since_at,
        known_from_at
    from ranked
    where group_rank = 1
)

select * from final
