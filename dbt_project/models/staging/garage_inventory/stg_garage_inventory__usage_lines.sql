with

source as (
    select * from {{ source('garage_inventory', 'usage_lines') }}
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
        event_at,
        actor,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where event_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
