{{ config(materialized='view') }}

with

supplies as (
    select * from {{ ref('int_supply_due') }}
),

planned as (
    select * from {{ ref('int_parts_planned') }}
),

final as (
    select
        supplies.garage_code,
        coalesce(planned.planned_part_id, supplies.part_id) as part_id,
        supplies.part_id as supplied_part_id,
        supplies.due_on,
        supplies.quantity * coalesce(planned.stock_conversion_quantity, 1) as quantity,
        supplies.source_code,
        supplies.document_number,
        supplies.document_line,
        supplies.from_code,
        supplies.is_confirmed
    from supplies
    -- A part that became a kit has one row per part of the kit.
    left join planned using (part_id)
    where coalesce(planned.stock_conversion_quantity, 1) > 0
)

select * from final
