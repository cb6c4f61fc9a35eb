{{ config(materialized='table') }}

-- depends_on: {{ source('replenishment', 'planner_acts') }}

with

source as (
    select
        acts.*,
        (proposals.explanation ->> 'backordered_quantity')::numeric as seen_backordered_quantity
    from replenishment.last_acts({{ as_of() }}, {{ known_at() }}) as acts
    -- The very revision that was decided about.
    left join replenishment.proposals using (proposal_id, revision_number)
),

final as (
    select
        proposal_id,
        garage_code,
        part_id,
        line_type_code,
        act_id,
        act_code,
        revision_number,
        policy_code,
        quantity,
        supplier_code,
        until_on,
        reason_code,
        reason,
        actor,
        event_at,
        seen_backordered_quantity
    from source
)

select * from final
