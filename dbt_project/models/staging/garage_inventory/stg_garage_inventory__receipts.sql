with

source as (
    select * from {{ source('garage_inventory', 'receipts') }}
),

final as (
    select
        receipt_line_id,
        delivery_number,
        delivery_line,
        garage_code,
        part_id,
        lot_number,
        condition_code,
        quantity,
        uom_code,
        stated_quantity,
        stated_uom_code,
        expires_on,
        manufactured_on,
        supplier_code,
        purchase_order_number,
        purchase_order_line,
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
