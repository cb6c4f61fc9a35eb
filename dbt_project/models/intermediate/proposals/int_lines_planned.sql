{{ config(indexes=[{'columns': ['proposal_id'], 'unique': true}]) }}

with

needs as (
    select * from {{ ref('int_needs_triggered') }}
),

bought as (
    select * from {{ ref('int_purchases_planned') }}
),

transfers as (
    select * from {{ ref('int_transfers_planned') }}
),

acts as (
    select * from {{ ref('int_planner_acts') }}
),

ended as (
    {{ ended_snoozes() }}
),

lines as (
    select
        garage_code,
        part_id,
        'BUY' as line_type_code,
        null as from_garage_code,
        proposal_id,
        supplier_code as line_supplier_code,
        supplier_name as line_supplier_name,
        supplier_part_number,
        unit_price_amount,
        currency_code,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        wanted_quantity,
        limit_quantity,
        is_exceeding_max,
        is_below_need,
        suggested_quantity,
        arrival_days,
        null::numeric as transfer_cost_amount,
        transferred_quantity,
        is_possible,
        formula_outcome_code
    from bought
    union all
    select
        garage_code, part_id, 'TRANSFER', from_garage_code, proposal_id, null, null, null, null, null, null, null,
        null, null, transfer_quantity, null, false, false, transfer_quantity, transit_days, transfer_cost_amount,
        transfer_quantity, true, 'PROPOSED'
    from transfers
),

judged as (
    select
        lines.*,
        acts.act_id,
        acts.act_code,
        acts.quantity as act_quantity,
        acts.until_on as act_until_on,
        acts.actor as act_actor,
        acts.reason as act_reason,
        ended.proposal_id is not null as is_snooze_ended,
        case
            when {{ is_woken('acts') }} then 'WOKEN'
            when acts.act_code = 'SNOOZE' then 'SNOOZED'
            when acts.act_code = 'REJECT' then 'REJECTED'
            when acts.act_code = 'FIRM' and lines.is_possible then 'FIRM'
            when acts.act_code = 'OVERRIDE' and lines.is_possible then 'OVERRIDDEN'
            when lines.formula_outcome_code = 'PROPOSED' then 'PROPOSED'
            else 'NOT_PROPOSED'
        end as status_code
    from lines
    -- One row per garage and part, and at most one per proposal, on the right sides.
    inner join needs using (garage_code, part_id)
    left join acts using (proposal_id)
    left join ended using (proposal_id)
),

-- For a transfer the planner's quantity has gone into the sharing out already.
quantified as (
    select
        *,
        case
            when status_code in ('SNOOZED', 'REJECTED') then 0
            when status_code in ('FIRM', 'OVERRIDDEN') and line_type_code = 'BUY' then act_quantity
            when formula_outcome_code = 'PROPOSED' then suggested_quantity
            else 0
        end as proposed_quantity
    from judged
),

final as (
    select
        *,
        case
            when status_code in ('SNOOZED', 'REJECTED') then status_code
            when status_code in ('FIRM', 'OVERRIDDEN') and proposed_quantity > 0 then 'PROPOSED'
            when status_code in ('FIRM', 'OVERRIDDEN') then 'REJECTED'
            else formula_outcome_code
        end as outcome_code
    from quantified
)

select * from final
