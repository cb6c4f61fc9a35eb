with

final as (
    select
        extract(month from day_at)::integer as month_number,
        count(*)::numeric / {{ var('forecast_horizon_days') | int }} as share_value
    from generate_series(
        {{ as_of_on() }}::timestamp,
        {{ as_of_on() }}::timestamp + interval '{{ var("forecast_horizon_days") | int - 1 }} days',
        interval '1 day'
    ) as day_at
    group by extract(month from day_at)
)

select * from final
