{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'demand_on'], 'unique': true}]) }}

with

demand as (
    select * from {{ ref('int_demand_daily') }}
),

waited as (
    select * from {{ ref('int_demand_waited') }}
),

final as (
    select
        demand.garage_code,
        demand.part_id,
        demand.demand_on,
        demand.demand_quantity,
        demand.lost_sale_quantity,
        demand.emergency_buy_quantity,
        coalesce(waited.waited_quantity, 0) as waited_quantity,
        demand.returned_quantity,
        demand.source_line_count
    from demand
    -- One row per garage, part and day on both sides.
    left join waited using (garage_code, part_id, demand_on)
)

select * from final
