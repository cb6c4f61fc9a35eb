{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

points as (
    select * from {{ ref('int_reorder_points') }}
),

stock as (
    select * from {{ ref('int_positions_rolled_up') }}
),

inventory as (
    select * from {{ ref('int_inventory_positions') }}
),

positioned as (
    select
        points.*,
        stock.on_hand_quantity,
        stock.held_quantity,
        stock.nonsellable_quantity,
        stock.reserved_quantity,
        stock.backordered_quantity,
        stock.sellable_quantity,
        stock.available_raw_quantity,
        -- Only what comes in time counts: an order that is due after the next one could come hides no shortage.
        inventory.due_order_quantity + inventory.inbound_transfer_quantity - inventory.outbound_transfer_quantity
            as on_order_quantity,
        inventory.due_order_quantity + inventory.later_order_quantity as inbound_order_quantity,
        inventory.later_order_quantity as late_supply_quantity,
        inventory.inbound_transfer_quantity,
        inventory.outbound_transfer_quantity,
        inventory.next_receipt_on,
        stock.predecessor_sellable_quantity,
        stock.transferable_quantity,
        stock.predecessor_words,
        stock.is_overcommitted,
        inventory.inventory_position_quantity
    from points
    -- One row per garage and part on every side.
    inner join stock using (garage_code, part_id)
    inner join inventory using (garage_code, part_id)
),

judged as (
    select
        *,
        inventory_position_quantity < reorder_point_quantity
            or (inventory_position_quantity = reorder_point_quantity and reorder_point_quantity > 0)
            as is_below_point,
        greatest(sellable_quantity - order_up_to_quantity, 0) as excess_quantity,
        -- What a garage can spare, for another garage (F15) or for whoever takes it: above the own level, on the shelf,
        -- promised to nobody, new, of the part itself, and so much that what stays there lasts as the reorder point asks,
        -- where the part is kept at all: what is inbound cannot be sold meanwhile.
        greatest(floor(least(
            inventory_position_quantity - order_up_to_quantity,
            available_raw_quantity - outbound_transfer_quantity - backordered_quantity
                - least(reorder_point_quantity, order_up_to_quantity),
            available_raw_quantity - outbound_transfer_quantity - predecessor_sellable_quantity,
            transferable_quantity - outbound_transfer_quantity
        )), 0) as spare_quantity
    from positioned
),

final as (
    select
        *,
        least(spare_quantity, floor(excess_quantity)) as surplus_quantity
    from judged
)

select * from final
