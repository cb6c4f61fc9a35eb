{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

means as (
    select * from {{ ref('int_demand_means') }}
),

parts as (
    select part_id, category_code, stocking_class_code from {{ ref('int_parts_current') }}
),

supersessions as (
    select * from {{ ref('int_supersessions_current') }}
),

-- A part without demand borrows from a predecessor alone: nothing else says that this garage will need it.
new as (
    select * from means
    where demand_class_code in ('NEW', 'NONE') and history_days < {{ var('minimum_history_days') }}
),

predecessors as (
    select
        new.garage_code,
        new.part_id,
        sum(means.daily_mean_quantity * supersessions.conversion_quantity) as daily_mean_quantity
    from new
    inner join supersessions on new.part_id = supersessions.successor_part_id
    inner join means
        on new.garage_code = means.garage_code and supersessions.predecessor_part_id = means.part_id
    group by new.garage_code, new.part_id
),

classes as (
    select * from {{ ref('int_class_rates') }}
),

borrowed as (
    select
        new.garage_code,
        new.part_id,
        new.history_days - new.no_data_days as data_days,
        new.window_demand_quantity,
        case when predecessors.daily_mean_quantity > 0 then 'NEW_FROM_PREDECESSOR' else 'NEW_FROM_CLASS' end as method_code,
        case
            when predecessors.daily_mean_quantity > 0 then predecessors.daily_mean_quantity
            when new.demand_class_code = 'NEW' then classes.daily_mean_quantity
        end as lent_mean_quantity
    from new
    inner join parts using (part_id)
    -- One row per garage and part, and per category and class, on the right sides.
    left join predecessors using (garage_code, part_id)
    left join classes using (category_code, stocking_class_code)
),

-- Days that nothing is known of count with the mean that it borrows, up to the least history.
final as (
    select
        garage_code,
        part_id,
        method_code,
        round(lent_mean_quantity, 9) as lent_mean_quantity,
        round(
            (window_demand_quantity + lent_mean_quantity * ({{ var('minimum_history_days') }} - data_days))
                / {{ var('minimum_history_days') }},
            9
        ) as daily_mean_quantity
    from borrowed
    where lent_mean_quantity > 0
)

select * from final
