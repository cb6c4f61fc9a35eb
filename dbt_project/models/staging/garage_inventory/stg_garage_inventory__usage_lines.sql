with

source as (
    select * from {{ source('garage_inventory', 'usage_lines') }}
),

undone as (
    select reverses_id
    from {{ source('garage_inventory', 'reversals') }}
    where {{ was_known() }}
),

final as (
    select
        usage_line_id,
        garage_code,
        work_order_number,
        work_order_line,
        part_id,
        lot_number,
        usage_type_code,
        quantity,
        uom_code,
        unit_price_amount,
        is_one_off,
        vehicle_ref,
        shortage_reason_code,
        reservation_number,
        event_at,
        actor,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where usage_line_id not in (select reverses_id from undone)
        and event_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
