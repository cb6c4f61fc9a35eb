{{ config(indexes=[{'columns': ['garage_code', 'part_id']}]) }}

with

order_lines as (
    select * from {{ ref('stg_replenishment__order_lines') }}
),

suppliers as (
    select supplier_code, lead_time_days from {{ ref('int_suppliers_current') }}
),

transfers as (
    select * from {{ ref('int_transfers_open') }}
),

final as (
    -- Approved is as good as ordered, sent or not, so that the next run does not ask for it again.
    select
        order_lines.garage_code,
        order_lines.part_id,
        coalesce(
            order_lines.expected_on, {{ as_of_on() }} + ceil(coalesce(suppliers.lead_time_days, 0))::integer
        ) as due_on,
        parts.quantity,
        'ORDER' as source_code,
        order_lines.document_number,
        order_lines.document_line,
        order_lines.supplier_code as from_code,
        parts.is_confirmed
    from order_lines
    -- At most one row per supplier on the right side.
    left join suppliers using (supplier_code)
    -- Two rows per line on the right side: a line may be confirmed in part.
    cross join lateral (
        values
        (true, order_lines.confirmed_quantity),
        (false, order_lines.open_quantity - order_lines.confirmed_quantity)
    ) as parts (is_confirmed, quantity)
    where parts.quantity > 0
    union all
    -- What was shipped will come; what was only asked for may be refused.
    select to_garage_code, part_id, due_on, in_transit_quantity, 'TRANSFER', transfer_number, '', from_garage_code, true
    from transfers
    where in_transit_quantity > 0
    union all
    select to_garage_code, part_id, due_on, requested_quantity, 'TRANSFER', transfer_number, '', from_garage_code, false
    from transfers
    where requested_quantity > 0
)

select * from final
