{{ config(indexes=[
    {'columns': ['document_number', 'document_line'], 'unique': true},
    {'columns': ['supplier_code', 'garage_code']}
]) }}

with

lines as (
    select * from {{ ref('stg_replenishment__order_lines') }}
),

promises as (
    select * from {{ ref('stg_replenishment__order_promises') }}
),

parts as (
    select part_id, brand_code, part_number, description from {{ ref('int_parts_current') }}
),

final as (
    select
        lines.document_number,
        lines.document_line,
        lines.purchase_order_number,
        lines.line_number as order_line_number,
        lines.order_type_code,
        lines.supplier_code,
        lines.garage_code,
        lines.part_id,
        parts.brand_code,
        parts.part_number,
        parts.description,
        lines.status_code,
        lines.ordered_quantity,
        lines.acknowledged_quantity,
        lines.rejected_quantity,
        lines.shipped_quantity,
        lines.received_quantity,
        lines.open_quantity,
        lines.is_confirmed,
        lines.acknowledgement_codes,
        lines.unit_price_amount,
        lines.currency_code,
        lines.ordered_quantity * lines.unit_price_amount as line_amount,
        lines.open_quantity * lines.unit_price_amount as open_amount,
        lines.need_by_on,
        promises.promised_on,
        coalesce(promises.moved_count, 0) as promise_moved_count,
        lines.expected_on,
        lines.created_at,
        lines.sent_at,
        lines.answered_at,
        lines.first_received_at,
        lines.last_received_at,
        -- The clock starts when the order is sent and stops when the last of it is there (F18).
        case
            when lines.received_quantity > 0 and lines.open_quantity = 0 and lines.last_received_at >= lines.sent_at
                then round((extract(epoch from lines.last_received_at - lines.sent_at) / 86400)::numeric, 3)
        end as observed_days,
        case
            when lines.open_quantity > 0 and lines.expected_on is not null
                then greatest({{ as_of_on() }} - lines.expected_on, 0)
        end as late_days,
        {{ as_of() }} as as_of_at
    from lines
    -- One row per part on the right side.
    inner join parts using (part_id)
    -- One row per line of an order; what is approved only has none.
    left join promises using (purchase_order_number, line_number)
)

select * from final
