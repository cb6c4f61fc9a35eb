{{ config(indexes=[{
    'columns': ['set_by_code', 'class_code', 'criticality_code', 'service_level_pct'], 'unique': true
}]) }}

with

points as (
    select * from {{ ref('fct_reorder_points') }} where policy_code <> 'NO_STOCK'
),

parts as (
    select part_id, criticality_code, stocking_class_code from {{ ref('dim_parts') }}
),

policies as (
    select garage_code, part_id, service_level_set_by_code
    from {{ ref('dim_stocking_policies') }}
    where is_current
),

-- A rule goes before the matrix of value and variability, and that before the class, which new parts are planned by.
sourced as (
    select
        points.abc_code || points.xyz_code as matrix_code,
        parts.stocking_class_code,
        parts.criticality_code,
        points.service_level_pct,
        case
            when policies.service_level_set_by_code in ('SEGMENT', 'GARAGE') then policies.service_level_set_by_code
            when points.demand_class_code in ('NONE', 'NEW') then 'CLASS_DEFAULT'
            else 'MATRIX'
        end as set_by_code
    from points
    -- One row per part, and per garage and part, on the right sides.
    inner join parts using (part_id)
    left join policies using (garage_code, part_id)
),

classed as (
    select
        *,
        case
            when set_by_code = 'CLASS_DEFAULT' then stocking_class_code
            when set_by_code = 'MATRIX' then matrix_code
            else '-'
        end as class_code
    from sourced
),

final as (
    select
        set_by_code,
        class_code,
        criticality_code,
        service_level_pct,
        count(*)::integer as part_count
    from classed
    group by set_by_code, class_code, criticality_code, service_level_pct
)

select * from final
