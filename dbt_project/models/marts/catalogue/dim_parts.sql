{{ config(indexes=[{'columns': ['part_id'], 'unique': true}]) }}

with

parts as (
    select * from {{ ref('int_parts_current') }}
),

final as (
    select
        part_id,
        brand_code,
        part_number,
        description,
        category_code,
        lifecycle_code,
        stocking_class_code,
        criticality_code,
        base_uom_code,
        unit_cost_amount,
        currency_code
    from parts
)

select * from final
