{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

inputs as (
    select garage_code, part_id, least_review_days from {{ ref('int_replenishment_inputs') }}
),

chosen as (
    select * from {{ ref('int_offers_ranked') }} where is_chosen
),

planned as (
    select
        inputs.garage_code,
        inputs.part_id,
        chosen.supplier_code,
        chosen.supplier_name,
        coalesce(chosen.eligible_count, 0) as eligible_count,
        chosen.reference_quantity,
        chosen.landed_unit_cost_amount,
        chosen.core_deposit_amount,
        chosen.on_time_pct,
        chosen.need_by_on,
        chosen.arrives_on,
        coalesce(chosen.lead_time_days, {{ var('default_lead_time_days') }}) as lead_time_days,
        coalesce(chosen.lead_time_sd_days, {{ var('default_lead_time_sd_days') }}) as lead_time_sd_days,
        coalesce(chosen.lead_time_source_code, 'DEFAULT') as lead_time_source_code,
        -- A rule may have a part looked at less often than its supplier takes orders, not more often.
        greatest(chosen.review_days, inputs.least_review_days, 0) as review_days
    from inputs
    -- One row per garage and part on both sides.
    left join chosen using (garage_code, part_id)
),

final as (
    select
        *,
        {{ protection_days('lead_time_days', 'review_days') }} as protection_days
    from planned
)

select * from final
