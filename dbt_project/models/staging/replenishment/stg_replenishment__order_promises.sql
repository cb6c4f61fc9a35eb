{{ config(materialized='table') }}

-- depends_on: {{ source('replenishment', 'acknowledgements') }}

with

source as (
    select * from replenishment.order_promises_as_of({{ as_of() }}, {{ known_at() }})
),

final as (
    select
        purchase_order_number,
        line_number,
        promised_on,
        moved_count
    from source
)

select * from final
