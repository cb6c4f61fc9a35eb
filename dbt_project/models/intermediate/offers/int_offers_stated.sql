with

offers as (
    select * from {{ ref('stg_supplier_feed__offers') }}
),

availability as (
    select * from {{ ref('int_availability_current') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by supplier_code, brand_code, part_number, price_type_code, break_quantity
            order by stated_at desc
        ) as recency_rank
    from offers
),

final as (
    select
        ranked.supplier_code,
        ranked.brand_code,
        ranked.part_number,
        ranked.part_id,
        ranked.price_type_code,
        ranked.break_quantity,
        ranked.unit_price_amount,
        ranked.currency_code,
        ranked.price_uom_code,
        ranked.minimum_order_quantity,
        ranked.pack_quantity,
        ranked.order_multiple_quantity,
        ranked.maximum_order_quantity,
        ranked.lead_time_days,
        ranked.lifecycle_code,
        ranked.supplier_part_number,
        availability.available_quantity,
        coalesce(availability.availability_code, 'UNKNOWN') as availability_code,
        availability.availability_stated_at,
        ranked.effective_from_on,
        ranked.effective_to_on,
        ranked.stated_at,
        ranked.recency_rank = 1 as is_current
    from ranked
    -- One row per supplier and part on the right side.
    left join availability using (supplier_code, part_id)
)

select * from final
