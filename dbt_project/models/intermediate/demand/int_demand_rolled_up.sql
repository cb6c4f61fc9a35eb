{{ config(materialized='view') }}

with

demand as (
    select * from {{ ref('int_demand_daily') }}
),

outliers as (
    select garage_code, part_id, demand_on, counted_quantity
    from {{ ref('int_demand_outliers') }}
    where reason_code = 'OUTLIER'
),

planned as (
    select * from {{ ref('int_parts_planned') }}
),

counted as (
    select
        demand.garage_code,
        demand.part_id,
        demand.demand_on,
        coalesce(outliers.counted_quantity, demand.demand_quantity) as demand_quantity
    from demand
    -- At most one row per garage, part and day on the right side.
    left join outliers using (garage_code, part_id, demand_on)
),

-- Whoever neither replaces a part nor is replaced is planned as it is.
final as (
    select garage_code, part_id, demand_on, demand_quantity
    from counted
    where part_id not in (select part_id from planned)
    union all
    select
        counted.garage_code,
        planned.planned_part_id,
        counted.demand_on,
        sum(counted.demand_quantity * planned.conversion_quantity)
    from counted
    -- A part that became a kit has one row per part of the kit.
    inner join planned using (part_id)
    group by counted.garage_code, planned.planned_part_id, counted.demand_on
)

select * from final
