{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'month_on'], 'unique': true}]) }}

with

lines as (
    select distinct garage_code, part_id from {{ ref('fct_replenishment_proposals') }}
),

demand as (
    select * from {{ ref('fct_demand') }}
),

stock as (
    select * from {{ ref('fct_stock_daily') }}
),

dates as (
    select distinct month_on from {{ ref('dim_dates') }}
),

-- The month of the last complete day and the 35 months before it.
months as (
    select month_on
    from dates
    where month_on <= {{ as_of_on() }} - 1
        and month_on > ({{ as_of_on() }} - 1) - interval '36 months'
),

demanded as (
    select
        demand.garage_code,
        demand.part_id,
        date_trunc('month', demand.demand_on::timestamp)::date as month_on,
        sum(demand.demand_quantity) as demand_quantity
    from demand
    inner join lines using (garage_code, part_id)
    group by demand.garage_code, demand.part_id, date_trunc('month', demand.demand_on::timestamp)::date
),

-- The closing stock of a month is that of the last day in it, or before it, on which stock changed.
closed as (
    select
        stock.garage_code,
        stock.part_id,
        stock.closing_stock_quantity,
        date_trunc('month', stock.stock_on::timestamp)::date as from_month_on,
        date_trunc('month', lead(stock.stock_on) over (
            partition by stock.garage_code, stock.part_id order by stock.stock_on
        )::timestamp)::date as to_month_on
    from stock
    inner join lines using (garage_code, part_id)
),

final as (
    select
        lines.garage_code,
        lines.part_id,
        months.month_on,
        coalesce(demanded.demand_quantity, 0) as demand_quantity,
        coalesce(closed.closing_stock_quantity, 0) as closing_stock_quantity
    from lines
    cross join months
    left join demanded
        on demanded.garage_code = lines.garage_code
            and demanded.part_id = lines.part_id
            and demanded.month_on = months.month_on
    -- The intervals of a garage and part do not overlap, so at most one row matches.
    left join closed
        on closed.garage_code = lines.garage_code
            and closed.part_id = lines.part_id
            and months.month_on >= closed.from_month_on
            and (closed.to_month_on is null or months.month_on < closed.to_month_on)
)

select * from final
