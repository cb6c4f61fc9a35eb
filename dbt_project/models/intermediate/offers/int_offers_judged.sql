with

offers as (
    select * from {{ ref('int_offers_stated') }}
),

suppliers as (
    select * from {{ ref('int_suppliers_current') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

price_types as (
    select * from {{ ref('price_types') }}
),

priced as (
    select
        offers.*,
        suppliers.supplier_name,
        suppliers.lead_time_days as supplier_lead_time_days,
        suppliers.lead_time_sd_days,
        suppliers.review_days,
        suppliers.is_active and not coalesce(suppliers.is_retired, false) as is_active,
        parts.category_code,
        price_types.preference_rank,
        case
            when offers.price_uom_code = parts.base_uom_code then offers.unit_price_amount
            when offers.price_uom_code in ('PK', 'CA', 'BX') then round(offers.unit_price_amount / offers.pack_quantity, 4)
        end as base_price_amount
    from offers
    -- One row per supplier, part and price type on the right sides; a CORE price is a deposit and is not on the list.
    inner join suppliers using (supplier_code)
    inner join parts using (part_id)
    inner join price_types using (price_type_code)
    where offers.is_latest
),

final as (
    select
        supplier_code,
        part_id,
        price_type_code,
        break_quantity,
        supplier_part_number,
        supplier_name,
        category_code,
        base_price_amount as unit_price_amount,
        currency_code,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        coalesce(lead_time_days, supplier_lead_time_days) as quoted_lead_time_days,
        lead_time_sd_days as quoted_lead_time_sd_days,
        review_days,
        preference_rank,
        case
            when is_held then 'HELD'
            when is_withdrawn then 'WITHDRAWN'
            when not is_active then 'INACTIVE'
            when lifecycle_code not in ('2', 'A') then 'NOT_ORDERABLE'
            when effective_from_on > {{ as_of_on() }} or effective_to_on < {{ as_of_on() }} then 'PRICE_NOT_VALID'
            when availability_code = 'NONE' then 'NOT_AVAILABLE'
            when availability_stated_at
                <= {{ as_of() }} - interval '{{ var("availability_max_age_days") | int }} days' then 'STALE'
            when base_price_amount is null then 'NO_PRICE'
        end as refusal_code
    from priced
)

select * from final
