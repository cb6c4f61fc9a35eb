with

means as (
    select * from {{ ref('int_demand_means') }}
),

parts as (
    select part_id, category_code, stocking_class_code from {{ ref('int_parts_current') }}
),

final as (
    select
        parts.category_code,
        parts.stocking_class_code,
        avg(means.daily_mean_quantity) as daily_mean_quantity
    from means
    inner join parts using (part_id)
    where means.demand_class_code not in ('NEW', 'NONE')
    group by parts.category_code, parts.stocking_class_code
)

select * from final
