with

acts as (
    select * from {{ ref('stg_replenishment__planner_acts') }}
),

inputs as (
    select garage_code, part_id, policy_code from {{ ref('int_replenishment_inputs') }}
),

-- Over is over: the day on which an act no longer counts is its until_on. A decision was about a policy, too; under
-- another one it says nothing.
final as (
    select
        acts.proposal_id,
        acts.garage_code,
        acts.part_id,
        acts.line_type_code,
        acts.act_id,
        acts.act_code,
        acts.quantity,
        acts.supplier_code,
        acts.until_on,
        acts.reason,
        acts.actor,
        acts.event_at,
        acts.seen_backordered_quantity
    from acts
    -- One row per garage and part on the right side.
    inner join inputs using (garage_code, part_id)
    where acts.act_code in ('OVERRIDE', 'FIRM', 'SNOOZE', 'REJECT')
        and acts.until_on > {{ as_of_on() }}
        and coalesce(acts.policy_code = inputs.policy_code, true)
)

select * from final
