{{ config(
    indexes=[{'columns': ['garage_code', 'part_id', 'month_on'], 'unique': true}],
    pre_hook=group_by_sorting()
) }}

with

demand as (
    select * from {{ ref('int_demand_rolled_up') }}
),

stock_days as (
    select * from {{ ref('int_stock_days_rolled_up') }}
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

-- More returned than taken in a month undoes demand of the months before it, the newest first: what a month and those after
-- it keep is never less than what those after it keep alone.
returned as (
    select distinct garage_code, part_id from monthly where demand_quantity < 0
),

kept as (
    select
        *,
        greatest(max(net_quantity) over (partition by garage_code, part_id order by month_on desc), 0) as kept_quantity
    from (
        select
            monthly.*,
            sum(demand_quantity) over (partition by garage_code, part_id order by month_on desc) as net_quantity
        from monthly
        inner join returned using (garage_code, part_id)
    ) as netted
),

settled as (
    select monthly.garage_code, monthly.part_id, monthly.month_on, monthly.demand_quantity
    from monthly
    left join returned using (garage_code, part_id)
    where returned.part_id is null
    union all
    select
        garage_code,
        part_id,
        month_on,
        kept_quantity - lead(kept_quantity, 1, 0::numeric) over (partition by garage_code, part_id order by month_on)
    from kept
),

-- Every month with demand reaches to the one before the next with demand, the last of them to the end of last month.
spans as (
    select
        garage_code,
        part_id,
        month_on,
        demand_quantity,
        greatest(
            month_on::timestamp,
            date_trunc('month', {{ as_of_on() }}::timestamp) - interval '{{ var("class_window_months") | int }} months'
        ) as first_at,
        least(
            lead(month_on) over (partition by garage_code, part_id order by month_on),
            date_trunc('month', {{ as_of_on() }}::timestamp)
        ) - interval '1 month' as last_at
    from settled
),

months as (
    select
        spans.garage_code,
        spans.part_id,
        month_at::date as month_on,
        case when month_at::date = spans.month_on then spans.demand_quantity else 0 end as demand_quantity
    from spans
    cross join lateral generate_series(spans.first_at, spans.last_at, interval '1 month') as month_at
),

-- Runs of days that opened without stock and saw no demand. Books below zero do not say that the shelf was empty.
runs as (
    select
        garage_code,
        part_id,
        stock_on + 1 as from_on,
        coalesce(next_stock_on, {{ as_of_on() }}) - next_has_demand::integer as to_on
    from stock_days
    where sellable_stock_quantity = 0
        and is_stock_known
),

emptied as (
    select
        runs.garage_code,
        runs.part_id,
        month_at::date as month_on,
        sum(
            least(runs.to_on, (month_at + interval '1 month')::date - 1) - greatest(runs.from_on, month_at::date) + 1
        ) as no_data_days
    from runs
    cross join lateral generate_series(
        date_trunc('month', runs.from_on::timestamp), runs.to_on::timestamp, interval '1 month'
    ) as month_at
    where runs.from_on <= runs.to_on
    group by runs.garage_code, runs.part_id, month_at
),

gathered as (
    select
        months.garage_code,
        months.part_id,
        months.month_on,
        (months.month_on + interval '1 month')::date - months.month_on as month_days,
        months.demand_quantity,
        coalesce(emptied.no_data_days, 0)::integer as no_data_days
    from months
    -- One row per garage, part and month on both sides.
    left join emptied using (garage_code, part_id, month_on)
),

final as (
    select
        garage_code,
        part_id,
        month_on,
        demand_quantity,
        -- Days without data are taken to be as the others were, where these are a third of the month at least.
        case
            when 3 * no_data_days <= 2 * month_days
                then round(demand_quantity * month_days / (month_days - no_data_days), 3)
            else demand_quantity
        end as clean_quantity,
        no_data_days,
        no_data_days = month_days as is_no_data
    from gathered
)

select * from final
