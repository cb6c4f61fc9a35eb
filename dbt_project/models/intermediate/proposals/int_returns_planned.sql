{{ config(indexes=[{'columns': ['proposal_id'], 'unique': true}]) }}

with

returns as (
    select * from {{ ref('int_returns_suggested') }}
),

surplus as (
    select garage_code, part_id, left_quantity from {{ ref('int_excess_left') }}
),

positions as (
    select garage_code, part_id, base_mean_quantity from {{ ref('int_positions_planned') }}
),

suppliers as (
    select supplier_code, supplier_name from {{ ref('int_suppliers_current') }}
),

acts as (
    select * from {{ ref('int_planner_acts') }}
),

ended as (
    {{ ended_snoozes() }}
),

-- What the demand of usual days will have used up before long stays where it is.
lines as (
    select
        returns.*,
        suppliers.supplier_name,
        {{ proposal_id('returns.garage_code', 'returns.part_id', "'RETURN_EXCESS'", 'returns.supplier_code') }}
            as proposal_id
    from returns
    -- One row per garage and part, and at most one per supplier, on the right sides.
    inner join surplus using (garage_code, part_id)
    inner join positions using (garage_code, part_id)
    left join suppliers using (supplier_code)
    where surplus.left_quantity > positions.base_mean_quantity * {{ var('use_up_days') }}
),

-- A planner may send back less than could go, not more.
ruled as (
    select
        lines.*,
        acts.act_id,
        acts.act_code,
        acts.quantity as act_quantity,
        acts.until_on as act_until_on,
        acts.actor as act_actor,
        acts.reason as act_reason,
        ended.proposal_id is not null as is_snooze_ended,
        case acts.act_code
            when 'SNOOZE' then 'SNOOZED'
            when 'REJECT' then 'REJECTED'
            when 'FIRM' then 'FIRM'
            when 'OVERRIDE' then 'OVERRIDDEN'
            else 'PROPOSED'
        end as status_code,
        case
            when acts.act_code in ('SNOOZE', 'REJECT') then 0
            else least(lines.return_quantity, coalesce(acts.quantity, lines.return_quantity))
        end as proposed_quantity
    from lines
    -- At most one row per proposal on the right sides.
    left join acts using (proposal_id)
    left join ended using (proposal_id)
),

final as (
    select
        *,
        case
            when status_code = 'SNOOZED' then 'SNOOZED'
            when proposed_quantity = 0 then 'REJECTED'
            else 'PROPOSED'
        end as outcome_code
    from ruled
)

select * from final
