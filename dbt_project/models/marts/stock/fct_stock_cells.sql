{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'condition_code', 'lot_number'], 'unique': true}]) }}

with

cells as (
    select * from {{ ref('int_stock_cells') }}
),

final as (
    select
        garage_code,
        part_id,
        condition_code,
        lot_number,
        on_hand_quantity,
        held_quantity,
        hold_quantity - held_quantity as held_beyond_stock_quantity,
        reserved_quantity,
        unheld_quantity as sellable_quantity,
        unheld_quantity - reserved_quantity as available_raw_quantity,
        greatest(unheld_quantity - reserved_quantity, 0) as available_quantity,
        is_sellable,
        expires_on,
        received_at,
        pick_rank,
        on_hand_quantity < 0 as is_negative,
        last_counted_at,
        last_movement_at,
        {{ as_of() }} as as_of_at
    from cells
)

select * from final
