with

source as (
    select * from {{ source('supplier_feed', 'offers') }}
),

final as (
    select
        supplier_code,
        brand_code,
        part_number,
        catalogue.part_id(brand_code, part_number) as part_id,
        price_type_code,
        break_quantity,
        stated_at,
        supplier_part_number,
        unit_price_amount,
        currency_code,
        price_uom_code,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        lead_time_days,
        effective_from_on,
        effective_to_on,
        lifecycle_code,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where stated_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
