{{ config(
    indexes=[{'columns': ['garage_code', 'part_id', 'stock_on'], 'unique': true}],
    pre_hook=group_by_sorting()
) }}

with

-- Read twice: kept in between, it would be written to disk first.
balances as not materialized (
    select * from {{ ref('int_stock_balances') }}
),

conditions as (
    select * from {{ ref('stock_conditions') }}
),

demand as (
    select * from {{ ref('int_demand_daily') }}
),

hold_changes as (
    select * from {{ ref('int_quality_hold_changes') }}
),

held_parts as (
    select distinct garage_code, part_id from hold_changes
),

-- What is held is not there to sell (F2), and no more can be held in a cell than is in it.
cell_changes as (
    select garage_code, part_id, condition_code, lot_number, event_at, change_quantity, 0 as hold_quantity
    from balances
    inner join held_parts using (garage_code, part_id)
    union all
    select garage_code, part_id, condition_code, lot_number, event_at, 0, change_quantity
    from hold_changes
),

cell_states as (
    select
        *,
        least(
            greatest(sum(hold_quantity) over cell, 0), greatest(sum(change_quantity) over cell, 0)
        ) as held_quantity
    from cell_changes
    window cell as (partition by garage_code, part_id, condition_code, lot_number order by event_at)
),

held as (
    select
        *,
        held_quantity - lag(held_quantity, 1, 0::numeric) over (
            partition by garage_code, part_id, condition_code, lot_number order by event_at
        ) as held_change_quantity
    from cell_states
),

changes as (
    select
        balances.garage_code,
        balances.part_id,
        {{ utc_day('balances.event_at') }} as stock_on,
        balances.change_quantity,
        balances.change_quantity as sellable_change_quantity,
        balances.is_count or balances.is_inbound as is_anchor,
        false as has_demand
    from balances
    -- Every condition is on the list once, so the join neither drops nor fans out.
    inner join conditions using (condition_code)
    where conditions.is_sellable
    union all
    select garage_code, part_id, {{ utc_day('event_at') }}, 0, -held_change_quantity, false, false
    from held
    inner join conditions using (condition_code)
    where conditions.is_sellable and held_change_quantity <> 0
    union all
    select garage_code, part_id, demand_on, 0, 0, false, consumed_quantity + lost_sale_quantity + emergency_buy_quantity > 0
    from demand
),

summed as (
    select
        garage_code,
        part_id,
        stock_on,
        sum(change_quantity) as change_quantity,
        sum(sellable_change_quantity) as sellable_change_quantity,
        bool_or(is_anchor) as is_anchor,
        bool_or(has_demand) as has_demand
    from changes
    group by garage_code, part_id, stock_on
),

final as (
    select
        garage_code,
        part_id,
        stock_on,
        change_quantity,
        sellable_change_quantity,
        sum(change_quantity) over series as closing_stock_quantity,
        sum(sellable_change_quantity) over series as sellable_stock_quantity,
        -- Before the first count or receipt nobody knows what was on the shelf.
        bool_or(is_anchor) over series as is_stock_known,
        has_demand,
        lead(stock_on) over series as next_stock_on,
        lead(has_demand, 1, false) over series as next_has_demand
    from summed
    window series as (partition by garage_code, part_id order by stock_on)
)

select * from final
