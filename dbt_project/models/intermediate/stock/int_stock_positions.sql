{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

stock_days as (
    select distinct garage_code, part_id from {{ ref('int_stock_days') }}
),

reservations as (
    select
        garage_code,
        part_id,
        sum(backordered_quantity) as backordered_quantity
    from {{ ref('int_reservations_open') }}
    group by garage_code, part_id
),

stock as (
    select
        garage_code,
        part_id,
        sum(on_hand_quantity) as on_hand_quantity,
        sum(on_hand_quantity - held_quantity) filter (where not is_sellable) as nonsellable_quantity,
        sum(on_hand_quantity) filter (where condition_code = 'IN_TRANSIT') as in_transit_quantity,
        sum(held_quantity) as held_quantity,
        sum(reserved_quantity) as reserved_quantity,
        sum(unheld_quantity) as unheld_quantity,
        sum(unheld_quantity - reserved_quantity) filter (where condition_code = 'NEW') as transferable_quantity,
        max(last_counted_at) as last_counted_at,
        max(last_movement_at) as last_movement_at,
        min(read_at) as read_at
    from {{ ref('int_stock_cells') }}
    group by garage_code, part_id
),

supplies as (
    select
        garage_code,
        part_id,
        sum(quantity) filter (where source_code = 'ORDER') as inbound_order_quantity,
        sum(quantity) filter (where source_code = 'TRANSFER') as inbound_transfer_quantity
    from {{ ref('int_supply_due') }}
    group by garage_code, part_id
),

-- Promised to other garages, or back to a supplier.
promised as (
    select from_garage_code as garage_code, part_id, requested_quantity as quantity
    from {{ ref('int_transfers_open') }}
    union all
    select garage_code, part_id, open_quantity
    from {{ ref('stg_replenishment__returns') }}
),

outbound as (
    select garage_code, part_id, sum(quantity) as outbound_transfer_quantity
    from promised
    group by garage_code, part_id
),

cells as (
    select garage_code, part_id from stock
    union
    select garage_code, part_id from stock_days
    union
    select garage_code, part_id from reservations
    union
    select garage_code, part_id from supplies
),

gathered as (
    select
        cells.garage_code,
        cells.part_id,
        coalesce(stock.on_hand_quantity, 0) as on_hand_quantity,
        coalesce(stock.nonsellable_quantity, 0) as nonsellable_quantity,
        coalesce(stock.in_transit_quantity, 0) as in_transit_quantity,
        coalesce(stock.held_quantity, 0) as held_quantity,
        coalesce(stock.unheld_quantity, 0) as unheld_quantity,
        coalesce(stock.transferable_quantity, 0) as transferable_quantity,
        coalesce(stock.reserved_quantity, 0) as reserved_quantity,
        coalesce(reservations.backordered_quantity, 0) as backordered_quantity,
        coalesce(supplies.inbound_order_quantity, 0) as inbound_order_quantity,
        coalesce(supplies.inbound_transfer_quantity, 0) as inbound_transfer_quantity,
        coalesce(outbound.outbound_transfer_quantity, 0) as outbound_transfer_quantity,
        stock.last_counted_at,
        stock.last_movement_at,
        coalesce(stock.read_at, now()) as read_at
    from cells
    -- One row per garage and part on every side.
    left join stock using (garage_code, part_id)
    left join reservations using (garage_code, part_id)
    left join supplies using (garage_code, part_id)
    left join outbound using (garage_code, part_id)
),

final as (
    select
        garage_code,
        part_id,
        on_hand_quantity,
        held_quantity,
        reserved_quantity,
        nonsellable_quantity,
        in_transit_quantity,
        unheld_quantity,
        transferable_quantity,
        greatest(unheld_quantity, 0) as sellable_quantity,
        greatest(unheld_quantity - reserved_quantity, 0) as available_quantity,
        unheld_quantity - reserved_quantity as available_raw_quantity,
        least(reserved_quantity, greatest(unheld_quantity, 0)) as pegged_quantity,
        reserved_quantity - least(reserved_quantity, greatest(unheld_quantity, 0)) as overcommitted_quantity,
        backordered_quantity,
        inbound_order_quantity + greatest(in_transit_quantity, 0) as on_order_quantity,
        inbound_order_quantity,
        inbound_transfer_quantity,
        outbound_transfer_quantity,
        unheld_quantity - reserved_quantity < 0 as is_overcommitted,
        last_counted_at,
        last_movement_at,
        read_at
    from gathered
)

select * from final
