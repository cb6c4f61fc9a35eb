{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

balances as (
    select * from {{ ref('int_stock_balances') }}
),

conditions as (
    select * from {{ ref('stock_conditions') }}
),

stock_days as (
    select distinct garage_code, part_id from {{ ref('int_stock_days') }}
),

reservations as (
    select
        garage_code,
        part_id,
        sum(reserved_quantity) as reserved_quantity,
        sum(backordered_quantity) as backordered_quantity
    from {{ ref('int_reservations_open') }}
    group by garage_code, part_id
),

holds as (
    select
        garage_code,
        part_id,
        sum(held_quantity) as held_quantity
    from {{ ref('int_quality_holds_open') }}
    group by garage_code, part_id
),

stock as (
    select
        balances.garage_code,
        balances.part_id,
        sum(balances.balance_quantity) filter (where balances.is_last) as on_hand_quantity,
        sum(balances.balance_quantity) filter (where balances.is_last and not conditions.is_sellable)
            as nonsellable_quantity,
        max(balances.event_at) filter (where balances.is_count) as last_counted_at,
        max(balances.event_at) filter (where not balances.is_count) as last_movement_at
    from balances
    inner join conditions using (condition_code)
    group by balances.garage_code, balances.part_id
),

cells as (
    select garage_code, part_id from stock
    union
    select garage_code, part_id from stock_days
    union
    select garage_code, part_id from reservations
    union
    select garage_code, part_id from holds
),

gathered as (
    select
        cells.garage_code,
        cells.part_id,
        coalesce(stock.on_hand_quantity, 0) as on_hand_quantity,
        coalesce(stock.nonsellable_quantity, 0) as nonsellable_quantity,
        coalesce(holds.held_quantity, 0) as held_quantity,
        coalesce(reservations.reserved_quantity, 0) as reserved_quantity,
        coalesce(reservations.backordered_quantity, 0) as backordered_quantity,
        -- Purchase orders and transfers under way join here once they are recorded.
        0::numeric as on_order_quantity,
        stock.last_counted_at,
        stock.last_movement_at
    from cells
    -- One row per garage and part on every side.
    left join stock using (garage_code, part_id)
    left join holds using (garage_code, part_id)
    left join reservations using (garage_code, part_id)
),

unreserved as (
    select
        *,
        on_hand_quantity - held_quantity - nonsellable_quantity as unheld_quantity
    from gathered
),

final as (
    select
        garage_code,
        part_id,
        on_hand_quantity,
        held_quantity,
        reserved_quantity,
        nonsellable_quantity,
        greatest(unheld_quantity, 0) as sellable_quantity,
        greatest(unheld_quantity - reserved_quantity, 0) as available_quantity,
        unheld_quantity - reserved_quantity as available_raw_quantity,
        least(reserved_quantity, greatest(unheld_quantity, 0)) as pegged_quantity,
        reserved_quantity - least(reserved_quantity, greatest(unheld_quantity, 0)) as overcommitted_quantity,
        backordered_quantity,
        on_order_quantity,
        unheld_quantity - reserved_quantity < 0 as is_overcommitted,
        last_counted_at,
        last_movement_at
    from unreserved
)

select * from final
