{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

needs as (
    select garage_code, part_id from {{ ref('int_needs_triggered') }}
),

ranked as (
    select * from {{ ref('int_offers_ranked') }}
),

-- Of a supplier none of whose offers may be ordered, the one asked for first says why.
refused as (
    select distinct on (part_id, supplier_code) judged.*
    from {{ ref('int_offers_judged') }} as judged
    where not exists (
        select from {{ ref('int_offers_eligible') }} as eligible
        where eligible.part_id = judged.part_id and eligible.supplier_code = judged.supplier_code
    )
    order by part_id, supplier_code, preference_rank, break_quantity
),

offers as (
    select
        garage_code, part_id, rank_number, supplier_code, supplier_name, supplier_part_number, currency_code,
        unit_price_amount, landed_unit_cost_amount, reference_quantity, minimum_order_quantity, pack_quantity,
        lead_time_days, arrives_on, on_time_pct, is_chosen, lost_reason_code as reason_code
    from ranked
    -- One row per garage and part on the right side: only needs are explained.
    inner join needs using (garage_code, part_id)
    union all
    select
        needs.garage_code, needs.part_id, null, refused.supplier_code, refused.supplier_name,
        refused.supplier_part_number, refused.currency_code, refused.unit_price_amount, null, null,
        refused.minimum_order_quantity, refused.pack_quantity, refused.quoted_lead_time_days, null, null, false,
        refused.refusal_code
    from needs
    inner join refused using (part_id)
),

final as (
    select
        garage_code,
        part_id,
        jsonb_agg(
            to_jsonb(offers) - 'garage_code' - 'part_id' order by rank_number nulls last, supplier_code
        ) as offers
    from offers
    group by garage_code, part_id
)

select * from final
