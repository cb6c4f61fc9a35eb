{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'month_on'], 'unique': true}]) }}

with

demand as (
    select * from {{ ref('int_demand_daily') }}
),

monthly as (
    select
        garage_code,
        part_id,
        date_trunc('month', demand_on::timestamp)::date as month_on,
        sum(demand_quantity) as demand_quantity
    from demand
    group by garage_code, part_id, date_trunc('month', demand_on::timestamp)::date
),

bounds as (
    select
        garage_code,
        part_id,
        greatest(
            min(month_on),
            (date_trunc('month', {{ as_of_on() }}::timestamp) - interval '{{ var("class_window_months") | int }} months')::date
        ) as first_month_on,
        (date_trunc('month', {{ as_of_on() }}::timestamp) - interval '1 month')::date as last_month_on
    from monthly
    group by garage_code, part_id
),

months as (
    select
        bounds.garage_code,
        bounds.part_id,
        month_at::date as month_on
    from bounds
    cross join lateral generate_series(
        bounds.first_month_on::timestamp, bounds.last_month_on::timestamp, interval '1 month'
    ) as month_at
),

final as (
    select
        months.garage_code,
        months.part_id,
        months.month_on,
        -- More returned than taken in a month undoes demand of an earlier month; a series has no negative demand.
        greatest(coalesce(monthly.demand_quantity, 0), 0) as demand_quantity
    from months
    -- One row per garage, part and month on both sides.
    left join monthly using (garage_code, part_id, month_on)
)

select * from final
