{{ config(materialized='view') }}

with

stock_days as (
    select * from {{ ref('int_stock_days') }}
),

planned as (
    select * from {{ ref('int_parts_planned') }}
),

-- Stock that is to be used up counts for the successor; whatever is sent back or scrapped says only what was asked for.
converted as (
    select
        stock_days.garage_code,
        planned.planned_part_id as part_id,
        stock_days.stock_on,
        sum(stock_days.sellable_change_quantity * planned.stock_conversion_quantity) as change_quantity,
        bool_or(stock_days.is_stock_known and planned.stock_conversion_quantity > 0) as is_anchor,
        bool_or(stock_days.has_demand) as has_demand
    from stock_days
    -- A part that became a kit has one row per part of the kit.
    inner join planned using (part_id)
    group by stock_days.garage_code, planned.planned_part_id, stock_days.stock_on
),

final as (
    select garage_code, part_id, stock_on, sellable_stock_quantity, is_stock_known, next_stock_on, next_has_demand
    from stock_days
    where part_id not in (select part_id from planned)
    union all
    select
        garage_code,
        part_id,
        stock_on,
        sum(change_quantity) over series,
        bool_or(is_anchor) over series,
        lead(stock_on) over series,
        lead(has_demand, 1, false) over series
    from converted
    window series as (partition by garage_code, part_id order by stock_on)
)

select * from final
