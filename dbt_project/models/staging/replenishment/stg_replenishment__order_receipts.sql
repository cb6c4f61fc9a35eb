{{ config(materialized='table') }}

-- depends_on: {{ source('garage_inventory', 'receipts') }}

with

source as (
    select * from replenishment.receipts_matched_as_of({{ as_of() }}, {{ known_at() }})
),

final as (
    select
        receipt_line_id,
        purchase_order_number,
        line_number,
        quantity,
        received_at,
        match_code
    from source
)

select * from final
