{{ config(indexes=[{'columns': ['hold_number', 'garage_code', 'part_id', 'condition_code', 'lot_number'], 'unique': true}]) }}

with

holds as (
    select * from {{ ref('int_quality_holds_open') }}
),

cells as (
    select * from {{ ref('int_stock_cells') }}
),

final as (
    select
        holds.hold_number,
        holds.garage_code,
        holds.part_id,
        holds.condition_code,
        holds.lot_number,
        holds.scope_code,
        holds.hold_reason_code,
        holds.severity_code,
        holds.placed_at,
        holds.due_at,
        holds.placed_quantity,
        holds.held_quantity as open_quantity,
        ({{ as_of_on() }} - {{ utc_day('holds.placed_at') }})::integer as age_days,
        (holds.due_at < {{ as_of() }}) is true as is_overdue,
        cells.hold_quantity > cells.held_quantity as is_beyond_stock,
        {{ as_of() }} as as_of_at
    from holds
    -- Every hold has its cell, if only an empty one.
    inner join cells using (garage_code, part_id, condition_code, lot_number)
)

select * from final
