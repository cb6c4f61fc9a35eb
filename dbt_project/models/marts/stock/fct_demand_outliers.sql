{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'demand_on', 'reason_code'], 'unique': true}]) }}

with

outliers as (
    select * from {{ ref('int_demand_outliers') }}
),

final as (
    select
        garage_code,
        part_id,
        demand_on,
        reason_code,
        demand_quantity,
        counted_quantity,
        median_quantity,
        deviation_quantity
    from outliers
)

select * from final
