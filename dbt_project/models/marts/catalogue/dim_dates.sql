{{ config(indexes=[{'columns': ['date_on'], 'unique': true}]) }}

with

stock_days as (
    select min(stock_on) as first_on from {{ ref('int_stock_days') }}
),

-- Whole years, from the first entry to the year after the as-of.
days as (
    select day_at::date as date_on
    from stock_days
    cross join lateral generate_series(
        date_trunc('year', least(stock_days.first_on, {{ as_of_on() }})::timestamp),
        date_trunc('year', {{ as_of_on() }}::timestamp) + interval '2 years' - interval '1 day',
        interval '1 day'
    ) as day_at
),

final as (
    select
        date_on,
        extract(year from date_on)::integer as year_number,
        extract(quarter from date_on)::integer as quarter_number,
        extract(month from date_on)::integer as month_number,
        date_trunc('month', date_on::timestamp)::date as month_on,
        extract(week from date_on)::integer as iso_week_number,
        extract(isodow from date_on)::integer as weekday_number,
        extract(isodow from date_on) >= 6 as is_weekend
    from days
)

select * from final
