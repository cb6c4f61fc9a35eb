{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

windows as (
    select * from {{ ref('int_demand_windows') }}
),

demand as (
    select * from {{ ref('int_demand_rolled_up') }}
),

recent as (
    select garage_code, part_id, sum(demand_quantity) as recent_quantity
    from demand
    where demand_on >= {{ as_of_on() }} - {{ var('jump_days') }}
        and demand_on < {{ as_of_on() }}
    group by garage_code, part_id
),

-- What is usual is said by the days of the window before those, where they are enough to say anything.
compared as (
    select
        windows.garage_code,
        windows.part_id,
        recent.recent_quantity,
        greatest(windows.demand_quantity - recent.recent_quantity, 0) * {{ var('jump_days') }}
            / (windows.data_days - {{ var('jump_days') }}) as usual_quantity
    from windows
    -- One row per garage and part on the right side.
    inner join recent using (garage_code, part_id)
    where windows.data_days >= {{ var('jump_days') + var('minimum_history_days') }}
),

final as (
    select
        garage_code,
        part_id,
        recent_quantity,
        round(usual_quantity, 3) as usual_quantity
    from compared
    where recent_quantity > usual_quantity * {{ var('jump_factor') }}
        and recent_quantity >= usual_quantity + {{ var('jump_minimum_quantity') }}
)

select * from final
