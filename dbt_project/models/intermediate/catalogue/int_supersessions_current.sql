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

explicit as (
    select
        predecessor_part_id,
        successor_part_id,
        conversion_quantity,
        kit_group_code,
        disposition_code,
        effective_from_on,
        1 as origin_rank
    from in_force
    where not is_retired and effective_from_on <= {{ as_of_on() }}
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
        2 as origin_rank
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
        effective_from_on
    from ranked
    where group_rank = 1
)

select * from final
