{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_rolled_up') }}
),

inventory as (
    select
        garage_code,
        part_id,
        due_order_quantity + inbound_transfer_quantity - outbound_transfer_quantity as counted_quantity,
        inventory_position_quantity
    from {{ ref('int_inventory_positions') }}
),

points as (
    select * from {{ ref('int_reorder_points') }}
),

positioned as (
    select
        points.*,
        positions.on_hand_quantity,
        positions.held_quantity,
        positions.nonsellable_quantity,
        positions.reserved_quantity,
        positions.backordered_quantity,
        positions.sellable_quantity,
        positions.available_raw_quantity,
        -- Only what comes in time counts: an order that is due after the next one could come hides no shortage.
        inventory.counted_quantity as on_order_quantity,
        positions.is_overcommitted,
        inventory.inventory_position_quantity
    from points
    -- One row per garage and part on every side.
    inner join positions using (garage_code, part_id)
    inner join inventory using (garage_code, part_id)
),

final as (
    select
        *,
        greatest(order_up_to_quantity - inventory_position_quantity, 0) as raw_quantity
    from positioned
    where inventory_position_quantity < reorder_point_quantity
        or (inventory_position_quantity = reorder_point_quantity and reorder_point_quantity > 0)
)

select * from final
