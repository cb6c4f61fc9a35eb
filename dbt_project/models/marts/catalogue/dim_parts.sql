{{ config(indexes=[{'columns': ['part_id'], 'unique': true}]) }}

with

parts as (
    select * from {{ ref('int_parts_current') }}
),

policies as (
    select stocking_class_code, criticality_code, holding_rate_pct from {{ ref('stocking_policies') }}
),

final as (
    select
        part_id,
        brand_code,
        part_number,
        description,
        category_code,
        lifecycle_code,
        not {{ is_not_orderable('lifecycle_code') }} as is_orderable,
        coalesce(lifecycle_code in ('2', '7', '8', 'A'), true) as is_sold_from_stock,
        stocking_class_code,
        criticality_code,
        base_uom_code,
        unit_cost_amount,
        currency_code,
        policies.holding_rate_pct
    from parts
    -- One row per class and criticality on the right side.
    left join policies using (stocking_class_code, criticality_code)
)

select * from final
