with

supersessions as (
    select * from {{ ref('int_supersessions') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

-- Several ways to the same part, as through a kit, add up, and the shortest says how near it is.
final as (
    select
        supersessions.orderable_part_id as part_id,
        supersessions.predecessor_part_id as replaced_part_id,
        coalesce(parts.brand_code || ' ' || parts.part_number, supersessions.predecessor_part_id::text) as replaced_words,
        sum(supersessions.conversion_quantity) as conversion_quantity,
        min(supersessions.step_count) as step_count,
        min(supersessions.since_at) as since_at,
        min(supersessions.known_from_at) as known_from_at
    from supersessions
    -- One row per part on the right side.
    left join parts on supersessions.predecessor_part_id = parts.part_id
    where supersessions.is_orderable
    group by supersessions.orderable_part_id, supersessions.predecessor_part_id, parts.brand_code, parts.part_number
)

select * from final
