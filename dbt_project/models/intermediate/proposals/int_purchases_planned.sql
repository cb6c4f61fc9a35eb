{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

needs as (
    select * from {{ ref('int_needs_triggered') }}
),

rounded as (
    select * from {{ ref('int_needs_rounded') }}
),

transferred as (
    select garage_code, part_id, sum(transfer_quantity) as transferred_quantity
    from {{ ref('int_transfers_planned') }}
    group by garage_code, part_id
),

acts as (
    select * from {{ ref('int_planner_acts') }} where line_type_code = 'BUY'
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

final as (
    select
        needs.garage_code,
        needs.part_id,
        {{ proposal_id('needs.garage_code', 'needs.part_id', "'BUY'", 'null') }} as proposal_id,
        rounded.supplier_code,
        rounded.supplier_name,
        rounded.supplier_part_number,
        rounded.unit_price_amount,
        rounded.currency_code,
        rounded.minimum_order_quantity,
        rounded.pack_quantity,
        rounded.order_multiple_quantity,
        rounded.maximum_order_quantity,
        rounded.wanted_quantity,
        rounded.limit_quantity,
        coalesce(rounded.is_exceeding_max, false) as is_exceeding_max,
        coalesce(rounded.is_below_need, false) as is_below_need,
        coalesce(rounded.proposed_quantity, 0) as suggested_quantity,
        coalesce(rounded.lead_time_days, needs.lead_time_days) as arrival_days,
        coalesce(transferred.transferred_quantity, 0) as transferred_quantity,
        rounded.supplier_code is not null and not {{ is_not_orderable() }} as is_possible,
        case
            when {{ is_not_orderable() }} then 'NOT_ORDERABLE'
            when needs.raw_quantity = 0 and needs.policy_code = 'NO_STOCK' then 'DO_NOT_STOCK'
            when rounded.supplier_code is null then 'NO_OFFER'
            when coalesce(transferred.transferred_quantity, 0) >= needs.raw_quantity then 'COVERED'
            when rounded.proposed_quantity = 0 then 'EXCEEDS_MAX_SKIPPED'
            else 'PROPOSED'
        end as formula_outcome_code
    from needs
    -- At most one row per part, and per garage and part, on the right sides.
    inner join parts using (part_id)
    left join rounded using (garage_code, part_id)
    left join transferred using (garage_code, part_id)
    left join acts using (garage_code, part_id)
    -- Where other garages give all that is needed there is nothing left to buy, unless a planner set what is bought.
    where acts.quantity > 0 and (needs.is_below_point or acts.act_code = 'FIRM')
        or needs.is_below_point and coalesce(transferred.transferred_quantity < needs.raw_quantity, true)
)

select * from final
