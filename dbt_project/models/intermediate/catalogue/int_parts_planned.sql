with

supersessions as (
    select * from {{ ref('int_supersessions') }}
),

-- Several ways to the same part, as through a kit, add up.
succeeded as (
    select
        predecessor_part_id as part_id,
        orderable_part_id as planned_part_id,
        sum(conversion_quantity) as conversion_quantity,
        coalesce(sum(conversion_quantity) filter (where is_used_up), 0) as stock_conversion_quantity,
        string_agg(path, '; ' order by path) as path
    from supersessions
    where is_orderable
    group by predecessor_part_id, orderable_part_id
),

final as (
    select
        part_id,
        planned_part_id,
        conversion_quantity,
        stock_conversion_quantity,
        path
    from succeeded
    union all
    select distinct planned_part_id, planned_part_id, 1, 1, null
    from succeeded
    where planned_part_id not in (select part_id from succeeded)
)

select * from final
