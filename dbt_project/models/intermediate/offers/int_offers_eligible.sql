with

offers as (
    select
        *,
        min(preference_rank) over (partition by supplier_code, part_id) as best_preference_rank
    from {{ ref('int_offers_judged') }}
    where refusal_code is null
),

lead_times as (
    select * from {{ ref('int_lead_times') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

terms as (
    select * from {{ ref('int_supplier_terms_current') }}
),

-- A deposit may be stated for a pack, as a price may.
core_prices as (
    select
        supplier_code,
        part_id,
        currency_code,
        max(
            case
                when price_uom_code in ('PK', 'CA', 'BX') then round(unit_price_amount / pack_quantity, 4)
                else unit_price_amount
            end
        ) as core_price_amount
    from {{ ref('int_offers_stated') }}
    where price_type_code = 'CORE'
        and is_current
        and coalesce(effective_from_on <= {{ as_of_on() }}, true)
        and coalesce(effective_to_on >= {{ as_of_on() }}, true)
    group by supplier_code, part_id, currency_code
),

final as (
    select
        offers.supplier_code,
        offers.part_id,
        offers.price_type_code,
        offers.break_quantity,
        offers.supplier_part_number,
        offers.supplier_name,
        offers.unit_price_amount,
        offers.currency_code,
        -- Below the lowest break there is no price, so nothing less can be ordered.
        greatest(
            offers.minimum_order_quantity,
            min(offers.break_quantity) over (partition by offers.supplier_code, offers.part_id)
        ) as minimum_order_quantity,
        offers.pack_quantity,
        offers.order_multiple_quantity,
        offers.maximum_order_quantity,
        -- What was learned goes before what is quoted for the part, and that before what is quoted at all.
        case
            when lead_times.lead_time_source_code <> 'QUOTED' then lead_times.lead_time_days
            else offers.quoted_lead_time_days
        end as lead_time_days,
        coalesce(lead_times.lead_time_sd_days, offers.quoted_lead_time_sd_days) as lead_time_sd_days,
        coalesce(lead_times.lead_time_source_code, 'QUOTED') as lead_time_source_code,
        lead_times.on_time_pct,
        greatest(offers.review_days, terms.order_gap_days) as review_days,
        terms.next_order_on,
        coalesce(
            core_prices.core_price_amount,
            case when parts.is_core_part and parts.currency_code = offers.currency_code then parts.core_deposit_amount end,
            0
        ) as core_deposit_amount,
        coalesce(parts.is_hazmat, false) as is_hazmat,
        coalesce(terms.discount_pct, 0) as discount_pct,
        -- An amount in another currency than that of the offer cannot be added to it.
        case when terms.currency_code = offers.currency_code then coalesce(terms.freight_amount, 0) else 0 end
            as freight_amount,
        case when terms.currency_code = offers.currency_code then coalesce(terms.hazmat_fee_amount, 0) else 0 end
            as hazmat_fee_amount,
        coalesce(terms.core_return_pct, {{ var('core_return_pct') }}) as core_return_pct
    from offers
    -- One row per part, supplier, supplier and category, and supplier, part and currency on the right sides.
    inner join parts using (part_id)
    inner join terms using (supplier_code)
    left join lead_times
        on lead_times.supplier_code = offers.supplier_code and lead_times.category_code = offers.category_code
    left join core_prices
        on core_prices.supplier_code = offers.supplier_code
            and core_prices.part_id = offers.part_id
            and core_prices.currency_code = offers.currency_code
    where offers.preference_rank = offers.best_preference_rank
)

select * from final
