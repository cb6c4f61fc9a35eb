with

lengths as (
    select distinct protection_days from {{ ref('int_protection_intervals') }}
),

-- One row per day to come of the longest; there are few lengths, and parts that share one share its months.
days as (
    select number, extract(month from {{ as_of_on() }} + number)::integer as month_number
    from generate_series(0, (select max(protection_days) from lengths) - 1) as number
),

final as (
    select
        lengths.protection_days,
        days.month_number,
        count(*)::numeric / lengths.protection_days as share_value
    from lengths
    inner join days on days.number < lengths.protection_days
    group by lengths.protection_days, days.month_number
)

select * from final
