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

judged as (
    select
        offers.supplier_code,
        offers.part_id,
        offers.price_type_code,
        offers.break_quantity,
        offers.supplier_part_number,
        offers.currency_code,
        offers.minimum_order_quantity,
        offers.pack_quantity,
        offers.order_multiple_quantity,
        offers.maximum_order_quantity,
        case
            when offers.price_uom_code = parts.base_uom_code then offers.unit_price_amount
            when offers.price_uom_code in ('PK', 'CA', 'BX') then round(offers.unit_price_amount / offers.pack_quantity, 4)
        end as unit_price_amount,
        coalesce(offers.lead_time_days, suppliers.lead_time_days) as lead_time_days,
        suppliers.lead_time_sd_days,
        suppliers.review_days,
        suppliers.supplier_name,
        price_types.preference_rank,
        min(price_types.preference_rank) over (partition by offers.supplier_code, offers.part_id) as best_preference_rank
    from offers
    -- One row per supplier, part and price type on the right sides; a CORE price is a deposit and is not on the list.
    inner join suppliers using (supplier_code)
    inner join parts using (part_id)
    inner join price_types using (price_type_code)
    where offers.is_current
        and suppliers.is_active
        and offers.lifecycle_code in ('2', 'A')
        and coalesce(offers.effective_from_on <= {{ as_of_on() }}, true)
        and coalesce(offers.effective_to_on >= {{ as_of_on() }}, true)
        and offers.availability_code <> 'NONE'
        and coalesce(
            offers.availability_stated_at
                > {{ as_of() }} - interval '{{ var("availability_max_age_days") | int }} days',
            true
        )
),

final as (
    select
        supplier_code,
        part_id,
        price_type_code,
        break_quantity,
        supplier_part_number,
        supplier_name,
        unit_price_amount,
        currency_code,
        -- Below the lowest break there is no price, so nothing less can be ordered.
        greatest(minimum_order_quantity, min(break_quantity) over (partition by supplier_code, part_id))
            as minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        lead_time_days,
        lead_time_sd_days,
        review_days
    from judged
    where preference_rank = best_preference_rank
        and unit_price_amount is not null
)

select * from final
