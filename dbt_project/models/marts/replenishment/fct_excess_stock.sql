{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

points as (
    select * from {{ ref('fct_reorder_points') }}
),

surplus as (
    select * from {{ ref('int_excess_left') }}
),

returns as (
    select garage_code, part_id, supplier_code as return_supplier_code, return_quantity, return_until_on
    from {{ ref('int_returns_suggested') }}
),

demand as (
    select * from {{ ref('int_demand_rolled_up') }}
),

last_days as (
    select
        garage_code,
        part_id,
        max(demand_on) as last_demand_on
    from demand
    where demand_quantity > 0 and demand_on < {{ as_of_on() }}
    group by garage_code, part_id
),

network_last_days as (
    select part_id, max(last_demand_on) as network_last_demand_on
    from last_days
    group by part_id
),

judged as (
    select
        points.*,
        last_days.last_demand_on,
        network_last_days.network_last_demand_on,
        points.on_hand_quantity > 0
            and coalesce(last_days.last_demand_on < {{ as_of_on() }} - {{ var('demand_window_days') }}, true)
            as is_dead,
        surplus.to_garage_code,
        surplus.move_quantity,
        coalesce(surplus.movable_quantity, 0) as movable_quantity,
        coalesce(surplus.left_quantity, 0) as left_quantity,
        returns.return_supplier_code,
        coalesce(returns.return_quantity, 0) as return_quantity,
        returns.return_until_on
    from points
    -- At most one row per garage and part, and per part, on the right sides.
    left join last_days using (garage_code, part_id)
    left join network_last_days using (part_id)
    left join surplus using (garage_code, part_id)
    left join returns using (garage_code, part_id)
),

acted as (
    select
        *,
        case
            when movable_quantity > 0 then 'MOVE'
            when excess_quantity = 0 then 'REVIEW_STOCKING'
            when left_quantity = 0 then 'KEEP'
            when left_quantity <= base_mean_quantity * {{ var('use_up_days') }} then 'USE_UP'
            when return_quantity > 0 then 'RETURN'
            when network_last_demand_on >= {{ as_of_on() }} - {{ var('demand_window_days') }} then 'SELL'
            else 'WRITE_DOWN'
        end as action_code
    from judged
    where excess_quantity > 0 or is_dead
),

final as (
    select
        garage_code,
        part_id,
        policy_code,
        abc_code,
        on_hand_quantity,
        sellable_quantity,
        order_up_to_quantity,
        base_mean_quantity,
        daily_mean_quantity,
        excess_quantity,
        spare_quantity,
        unit_value_amount,
        value_currency_code as currency_code,
        excess_quantity * unit_value_amount as excess_amount,
        is_dead,
        case when is_dead then on_hand_quantity * unit_value_amount else 0 end as dead_amount,
        last_demand_on,
        network_last_demand_on,
        case when base_mean_quantity > 0 then round(excess_quantity / base_mean_quantity, 1) end as excess_days,
        action_code,
        case
            when action_code = 'MOVE' then move_quantity
            when action_code = 'RETURN' then return_quantity
            when action_code not in ('REVIEW_STOCKING', 'KEEP') then left_quantity
        end as affected_quantity,
        to_garage_code,
        movable_quantity,
        left_quantity,
        return_supplier_code as supplier_code,
        return_quantity,
        return_until_on,
        as_of_at
    from acted
)

select * from final
