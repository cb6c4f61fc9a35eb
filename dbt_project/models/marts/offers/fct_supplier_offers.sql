{{ config(indexes=[{
    'columns': ['supplier_code', 'brand_code', 'part_number', 'price_type_code', 'break_quantity', 'stated_at'],
    'unique': true
}]) }}

with

offers as (
    select * from {{ ref('int_offers_stated') }}
),

final as (
    select
        supplier_code,
        brand_code,
        part_number,
        part_id,
        price_type_code,
        break_quantity,
        unit_price_amount,
        currency_code,
        price_uom_code,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        lead_time_days,
        available_quantity,
        availability_code,
        availability_stated_at,
        effective_from_on,
        effective_to_on,
        stated_at,
        is_current
    from offers
)

select * from final
