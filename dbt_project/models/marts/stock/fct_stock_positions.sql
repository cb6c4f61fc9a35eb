{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_stock_positions') }}
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
        sellable_quantity,
        available_quantity,
        available_raw_quantity,
        on_order_quantity,
        inbound_order_quantity,
        inbound_transfer_quantity,
        outbound_transfer_quantity,
        is_overcommitted,
        overcommitted_quantity,
        backordered_quantity,
        last_counted_at,
        last_movement_at,
        {{ as_of() }} as as_of_at
    from positions
)

select * from final
