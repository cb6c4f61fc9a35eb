{{ config(indexes=[{'columns': ['garage_code', 'part_id']}]) }}

with

balances as (
    select * from {{ ref('int_stock_balances') }}
),

conditions as (
    select * from {{ ref('stock_conditions') }}
),

lots as (
    select * from {{ ref('stg_garage_inventory__lots') }}
),

stock as (
    select
        garage_code,
        part_id,
        condition_code,
        lot_number,
        sum(balance_quantity) filter (where is_last) as on_hand_quantity,
        max(event_at) filter (where is_count) as last_counted_at,
        max(event_at) filter (where not is_count) as last_movement_at,
        min(read_at) as read_at
    from balances
    group by garage_code, part_id, condition_code, lot_number
),

holds as (
    select
        garage_code,
        part_id,
        condition_code,
        lot_number,
        sum(held_quantity) as hold_quantity
    from {{ ref('int_quality_holds_open') }}
    group by garage_code, part_id, condition_code, lot_number
),

pegs as (
    select
        garage_code,
        part_id,
        condition_code,
        lot_number,
        sum(reserved_quantity) as reserved_quantity
    from {{ ref('int_reservation_pegs') }}
    group by garage_code, part_id, condition_code, lot_number
),

gathered as (
    select
        garage_code,
        part_id,
        condition_code,
        lot_number,
        coalesce(stock.on_hand_quantity, 0) as on_hand_quantity,
        coalesce(holds.hold_quantity, 0) as hold_quantity,
        -- What is held is there: a hold on more than the shelf has waits for the rest (F2).
        least(coalesce(holds.hold_quantity, 0), greatest(coalesce(stock.on_hand_quantity, 0), 0)) as held_quantity,
        coalesce(pegs.reserved_quantity, 0) as reserved_quantity,
        stock.last_counted_at,
        stock.last_movement_at,
        stock.read_at
    from stock
    -- One row per cell on every side.
    full join holds using (garage_code, part_id, condition_code, lot_number)
    full join pegs using (garage_code, part_id, condition_code, lot_number)
),

final as (
    select
        gathered.garage_code,
        gathered.part_id,
        gathered.condition_code,
        gathered.lot_number,
        gathered.on_hand_quantity,
        gathered.hold_quantity,
        gathered.held_quantity,
        gathered.reserved_quantity,
        conditions.is_sellable,
        case when conditions.is_sellable then gathered.on_hand_quantity - gathered.held_quantity else 0 end
            as unheld_quantity,
        lots.expires_on,
        lots.received_at,
        -- Picking order (F17): the lot that expires first, then the one that came first.
        row_number() over (
            partition by gathered.garage_code, gathered.part_id, gathered.condition_code
            order by lots.expires_on nulls last, lots.received_at nulls last, gathered.lot_number
        )::integer as pick_rank,
        gathered.last_counted_at,
        gathered.last_movement_at,
        gathered.read_at
    from gathered
    inner join conditions using (condition_code)
    -- The newest statement on each lot.
    left join lots using (part_id, lot_number)
)

select * from final
