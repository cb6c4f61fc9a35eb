with

offers as (
    select * from {{ ref('stg_supplier_feed__offers') }}
),

availability as (
    select * from {{ ref('int_availability_current') }}
),

holds as (
    select * from {{ ref('stg_supplier_feed__line_holds') }}
),

withdrawals as (
    select * from {{ ref('stg_supplier_feed__withdrawals') }}
),

held as (
    select distinct supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at, true as is_held
    from holds
    where kind = 'supplier_price' and status_code <> 'RELEASED'
),

withdrawn as (
    select supplier_code, brand_code, part_number, price_type_code, break_quantity, withdrawn_at
    from withdrawals
    where kind = 'supplier_price'
),

articles_withdrawn as (
    select supplier_code, brand_code, part_number, max(withdrawn_at) as article_withdrawn_at
    from withdrawals
    where kind = 'supplier_catalogue'
    group by supplier_code, brand_code, part_number
),

judged as (
    select
        offers.*,
        coalesce(held.is_held, false) as is_held,
        withdrawn.withdrawn_at is not null
            or coalesce(articles_withdrawn.article_withdrawn_at >= offers.stated_at, false) as is_withdrawn
    from offers
    -- At most one row per offer line on the right sides.
    left join held using (supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at)
    left join withdrawn using (supplier_code, brand_code, part_number, price_type_code, break_quantity)
    left join articles_withdrawn using (supplier_code, brand_code, part_number)
),

-- What is said ahead of its first day takes the place of what was said before on that day.
ranked as (
    select
        *,
        row_number() over (
            partition by supplier_code, brand_code, part_number, price_type_code, break_quantity
            order by is_held, coalesce(effective_from_on > {{ as_of_on() }}, false), stated_at desc
        ) as recency_rank
    from judged
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
        ranked.is_held,
        ranked.is_withdrawn,
        ranked.recency_rank = 1 as is_latest,
        ranked.recency_rank = 1 and not ranked.is_held and not ranked.is_withdrawn as is_current
    from ranked
    -- One row per supplier and part on the right side.
    left join availability using (supplier_code, part_id)
)

select * from final
