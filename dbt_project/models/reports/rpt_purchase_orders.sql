{{ config(indexes=[{'columns': ['document_number', 'document_line'], 'unique': true}]) }}

with

lines as (
    select * from {{ ref('fct_purchase_orders') }}
),

garages as (
    select garage_code, garage_name from {{ ref('dim_garages') }}
),

suppliers as (
    select supplier_code, supplier_name from {{ ref('dim_suppliers') }}
),

final as (
    select
        lines.document_number,
        lines.document_line,
        lines.purchase_order_number,
        lines.order_line_number,
        lines.status_code,
        lines.supplier_code,
        suppliers.supplier_name,
        lines.garage_code,
        garages.garage_name,
        lines.brand_code,
        lines.part_number,
        lines.description,
        lines.ordered_quantity,
        lines.acknowledged_quantity,
        lines.received_quantity,
        lines.open_quantity,
        lines.open_amount,
        lines.expected_on,
        lines.late_days,
        lines.sent_at,
        lines.currency_code
    from lines
    -- One row per garage and supplier on the right sides.
    inner join garages using (garage_code)
    left join suppliers using (supplier_code)
    where lines.open_quantity > 0
)

select * from final
