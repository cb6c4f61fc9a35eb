{{ config(materialized='table') }}

-- depends_on: {{ source('replenishment', 'planner_acts') }}

with

source as (
    select * from replenishment.last_acts({{ as_of() }}, {{ known_at() }})
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
        event_at
    from source
)

select * from final
