{{ config(materialized='table') }}

-- depends_on: {{ source('replenishment', 'planner_acts') }}
-- depends_on: {{ source('garage_inventory', 'transfer_events') }}

with

source as (
    select * from replenishment.transfers_approved_as_of({{ as_of() }}, {{ known_at() }})
),

final as (
    select
        transfer_number,
        act_id,
        proposal_id,
        from_garage_code,
        to_garage_code,
        part_id,
        quantity,
        due_on
    from source
)

select * from final
