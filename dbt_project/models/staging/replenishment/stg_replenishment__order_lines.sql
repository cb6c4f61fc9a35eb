{{ config(materialized='table') }}

-- depends_on: {{ source('replenishment', 'acknowledgements') }}
-- depends_on: {{ source('replenishment', 'shipment_lines') }}
-- depends_on: {{ source('garage_inventory', 'receipts') }}

with

source as (
    select * from replenishment.order_lines_as_of({{ as_of() }}, {{ known_at() }})
),

final as (
    select
        purchase_order_number,
        line_number,
        coalesce(purchase_order_number, act_id::text) as document_number,
        coalesce(line_number::text, '') as document_line,
        supplier_code,
        garage_code,
        part_id,
        order_type_code,
        proposal_id,
        act_id,
        unit_price_amount,
        currency_code,
        ordered_quantity,
        acknowledged_quantity,
        rejected_quantity,
        shipped_quantity,
        received_quantity,
        open_quantity,
        is_confirmed,
        -- What an answer leaves pending is still to come, and no promise.
        case
            when is_confirmed
                then least(
                    open_quantity,
                    greatest(greatest(coalesce(acknowledged_quantity, 0), shipped_quantity) - received_quantity, 0)
                )
            else 0
        end as confirmed_quantity,
        need_by_on,
        expected_on,
        created_at,
        sent_at,
        answered_at,
        first_received_at,
        last_received_at,
        acknowledgement_codes,
        status_code
    from source
)

select * from final
