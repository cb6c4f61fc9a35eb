with

source as (
    select * from {{ source('supplier_feed', 'availability') }}
),

final as (
    select
        supplier_code,
        brand_code,
        part_number,
        catalogue.part_id(brand_code, part_number) as part_id,
        distribution_centre_code,
        stated_at,
        available_quantity,
        availability_code,
        next_receipt_on,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where stated_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
