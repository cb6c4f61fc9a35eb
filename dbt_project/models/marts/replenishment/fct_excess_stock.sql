{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

points as (
    select * from {{ ref('fct_reorder_points') }}
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
        greatest(points.sellable_quantity - points.order_up_to_quantity, 0) as excess_quantity,
        -- What is promised or asked for elsewhere cannot be moved (F15).
        greatest(least(
            points.sellable_quantity - points.order_up_to_quantity,
            points.inventory_position_quantity - points.order_up_to_quantity
        ), 0) as spare_quantity,
        greatest(points.order_up_to_quantity - points.inventory_position_quantity, 0) as room_quantity,
        points.on_hand_quantity > 0
            and coalesce(last_days.last_demand_on < {{ as_of_on() }} - {{ var('demand_window_days') }}, true) as is_dead
    from points
    -- At most one row per garage and part, and per part, on the right sides.
    left join last_days using (garage_code, part_id)
    left join network_last_days using (part_id)
),

-- Spare units and room of a part side by side, each garage a stretch: where two stretches overlap, so many units move,
-- and none twice. The largest excess gives first; who runs out first takes first.
givers as (
    select
        garage_code,
        part_id,
        sum(spare_quantity) over stretch - spare_quantity as from_quantity,
        sum(spare_quantity) over stretch as to_quantity
    from judged
    where spare_quantity > 0
    window stretch as (partition by part_id order by spare_quantity desc, garage_code)
),

takers as (
    select
        garage_code,
        part_id,
        sum(room_quantity) over stretch - room_quantity as from_quantity,
        sum(room_quantity) over stretch as to_quantity
    from judged
    where room_quantity > 0 and policy_code <> 'NO_STOCK' and daily_mean_quantity > 0
    window stretch as (
        partition by part_id
        order by inventory_position_quantity / daily_mean_quantity, garage_code
    )
),

moved as (
    select
        givers.garage_code,
        givers.part_id,
        takers.garage_code as to_garage_code,
        least(givers.to_quantity, takers.to_quantity) - greatest(givers.from_quantity, takers.from_quantity)
            as move_quantity
    from givers
    inner join takers
        on takers.part_id = givers.part_id
            and takers.from_quantity < givers.to_quantity
            and takers.to_quantity > givers.from_quantity
),

-- Of several garages that could use it, the one that takes most is named.
moves as (
    select
        garage_code,
        part_id,
        (array_agg(to_garage_code order by move_quantity desc, to_garage_code))[1] as to_garage_code,
        max(move_quantity) as move_quantity,
        sum(move_quantity) as movable_quantity
    from moved
    group by garage_code, part_id
),

final as (
    select
        judged.garage_code,
        judged.part_id,
        judged.policy_code,
        judged.abc_code,
        judged.on_hand_quantity,
        judged.sellable_quantity,
        judged.order_up_to_quantity,
        judged.daily_mean_quantity,
        judged.excess_quantity,
        judged.unit_value_amount,
        judged.value_currency_code as currency_code,
        judged.excess_quantity * judged.unit_value_amount as excess_amount,
        judged.is_dead,
        case when judged.is_dead then judged.on_hand_quantity * judged.unit_value_amount else 0 end as dead_amount,
        judged.last_demand_on,
        judged.network_last_demand_on,
        case when judged.daily_mean_quantity > 0 then round(judged.excess_quantity / judged.daily_mean_quantity, 1) end
            as excess_days,
        moves.to_garage_code,
        moves.move_quantity,
        moves.movable_quantity,
        judged.supplier_code,
        case
            when judged.excess_quantity = 0 then 'REVIEW_STOCKING'
            when moves.move_quantity > 0 then 'MOVE'
            when judged.excess_quantity <= judged.daily_mean_quantity * {{ var('use_up_days') }} then 'USE_UP'
            when judged.supplier_code is not null then 'RETURN'
            when judged.network_last_demand_on >= {{ as_of_on() }} - {{ var('demand_window_days') }} then 'SELL'
            else 'WRITE_DOWN'
        end as action_code,
        judged.as_of_at
    from judged
    left join moves using (garage_code, part_id)
    where judged.excess_quantity > 0 or judged.is_dead
)

select * from final
