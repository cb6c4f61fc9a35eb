{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

inputs as (
    select * from {{ ref('int_replenishment_inputs') }}
),

offers as (
    select * from {{ ref('int_offers_eligible') }}
),

-- What one ordinary order would be: the lot that the policy asks for, rounded as the offer demands.
costed as (
    select
        inputs.garage_code,
        inputs.part_id,
        inputs.garage_currency_code,
        offers.supplier_code,
        offers.supplier_name,
        offers.break_quantity,
        offers.currency_code,
        offers.unit_price_amount,
        offers.lead_time_days,
        offers.lead_time_sd_days,
        offers.review_days,
        {{ rounded_quantity(
            'greatest(inputs.lot_quantity, 1)', 'offers.minimum_order_quantity',
            'offers.pack_quantity', 'offers.order_multiple_quantity'
        ) }} as reference_quantity
    from inputs
    inner join offers using (part_id)
),

-- One row per supplier: the price at the highest break that the order reaches.
priced as (
    select distinct on (garage_code, part_id, supplier_code) *
    from costed
    where break_quantity <= reference_quantity
    order by garage_code, part_id, supplier_code, break_quantity desc
),

chosen as (
    select distinct on (garage_code, part_id)
        *,
        count(*) over (partition by garage_code, part_id) as eligible_count
    from priced
    -- Money of another currency cannot be compared, so such offers come last.
    order by
        garage_code,
        part_id,
        currency_code <> garage_currency_code,
        unit_price_amount * reference_quantity,
        lead_time_days,
        supplier_code
),

final as (
    select
        inputs.garage_code,
        inputs.part_id,
        chosen.supplier_code,
        chosen.supplier_name,
        coalesce(chosen.eligible_count, 0) as eligible_count,
        chosen.reference_quantity,
        coalesce(chosen.lead_time_days, {{ var('default_lead_time_days') }}) as lead_time_days,
        coalesce(chosen.lead_time_sd_days, {{ var('default_lead_time_sd_days') }}) as lead_time_sd_days,
        coalesce(chosen.review_days, 0) as review_days
    from inputs
    -- One row per garage and part on both sides.
    left join chosen using (garage_code, part_id)
)

select * from final
