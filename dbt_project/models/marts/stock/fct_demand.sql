{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'demand_on'], 'unique': true}]) }}

with

demand as (
    select * from {{ ref('int_demand_daily') }}
),

final as (
    select
        garage_code,
        part_id,
        demand_on,
        demand_quantity,
        lost_sale_quantity,
        emergency_buy_quantity,
        returned_quantity,
        source_line_count
    from demand
)

select * from final
