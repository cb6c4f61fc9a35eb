{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_rolled_up') }}
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
        positions.on_order_quantity,
        positions.is_overcommitted,
        positions.sellable_quantity + positions.on_order_quantity
            - positions.reserved_quantity - positions.backordered_quantity as inventory_position_quantity
    from points
    -- One row per garage and part on both sides.
    inner join positions using (garage_code, part_id)
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
