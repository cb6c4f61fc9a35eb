{{ config(materialized='table') }}

-- depends_on: {{ source('replenishment', 'planner_acts') }}
-- depends_on: {{ source('garage_inventory', 'movements') }}

with

source as (
    select * from replenishment.returns_as_of({{ as_of() }}, {{ known_at() }})
),

final as (
    select
        return_number,
        act_id,
        proposal_id,
        supplier_code,
        garage_code,
        part_id,
        approved_quantity,
        sent_quantity,
        open_quantity,
        return_until_on,
        approved_at,
        actor
    from source
)

select * from final
