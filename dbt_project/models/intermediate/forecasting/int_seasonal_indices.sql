with

monthly as (
    select * from {{ ref('int_demand_monthly') }}
),

-- A look of its own, so that this need not wait for the series.
firsts as (
    select garage_code, part_id, min(month_on) as first_month_on
    from {{ ref('int_demand_monthly') }}
    where not is_no_data
    group by garage_code, part_id
),

parts as (
    select part_id, category_code from {{ ref('int_parts_current') }}
),

-- Year 0 is the last twelve complete months, year 1 those before them, each with its first month.
calendar as (
    select
        number / 12 as year_number,
        (date_trunc('month', {{ as_of_on() }}::timestamp) - (number + 1) * interval '1 month')::date as month_on,
        (date_trunc('month', {{ as_of_on() }}::timestamp) - (number / 12 + 1) * interval '12 months')::date as from_on
    from generate_series(0, 35) as number
),

-- Only what was there for the whole of a year: parts that came in the middle would look like a season.
by_part as (
    select
        monthly.part_id,
        calendar.year_number,
        monthly.month_on,
        sum(monthly.demand_quantity) as demand_quantity
    from monthly
    -- One row per garage and part on the right side.
    inner join firsts using (garage_code, part_id)
    inner join calendar on monthly.month_on = calendar.month_on and firsts.first_month_on <= calendar.from_on
    group by monthly.part_id, calendar.year_number, monthly.month_on
),

totals as (
    select
        parts.category_code,
        by_part.year_number,
        by_part.month_on,
        sum(by_part.demand_quantity) as demand_quantity
    from by_part
    inner join parts using (part_id)
    group by parts.category_code, by_part.year_number, by_part.month_on
),

ratios as (
    select
        category_code,
        extract(month from month_on)::integer as month_number,
        demand_quantity / nullif(avg(demand_quantity) over (partition by category_code, year_number), 0) as ratio_value
    from totals
),

months as (
    select
        category_code,
        month_number,
        count(ratio_value) as year_count,
        avg(ratio_value) as index_value,
        coalesce(var_pop(ratio_value), 0) * count(ratio_value) as spread_value
    from ratios
    group by category_code, month_number
),

-- F test at one in a hundred: the months differ more than the same month does from year to year.
tested as (
    select
        category_code,
        min(year_count) as year_count,
        min(year_count) * sum(power(index_value - 1, 2)) / 11 as between_value,
        sum(spread_value) / nullif(12 * (min(year_count) - 1), 0) as within_value
    from months
    group by category_code
    having count(*) = 12
),

final as (
    select
        months.category_code,
        months.month_number,
        tested.year_count,
        round(months.index_value, 6) as index_value
    from months
    -- One row per category on the right side.
    inner join tested using (category_code)
    where tested.between_value > tested.within_value * case tested.year_count when 2 then 4.22 else 3.09 end
)

select * from final
