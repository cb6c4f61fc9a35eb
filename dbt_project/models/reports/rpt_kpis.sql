{{ config(indexes=[{'columns': ['kpi_code'], 'unique': true}]) }}

with

points as (
    select * from {{ ref('fct_reorder_points') }}
),

demand as (
    select *
    from {{ ref('fct_demand') }}
    where demand_on >= {{ as_of_on() }} - {{ var('demand_window_days') }} and demand_on < {{ as_of_on() }}
),

excess as (
    select * from {{ ref('fct_excess_stock') }}
),

orders as (
    select * from {{ ref('fct_purchase_orders') }}
),

lead_times as (
    select * from {{ ref('fct_lead_times') }}
),

feeds as (
    select *
    from {{ ref('fct_feed_deliveries') }}
    where due_at >= {{ as_of() }} - {{ var('demand_window_days') }} * interval '1 day'
),

accuracy as (
    select * from {{ ref('fct_forecast_accuracy') }}
),

-- A cell that was never heard of before says nothing of the books.
counts as (
    select *
    from {{ ref('fct_stock_counts') }}
    where not is_opening and counted_on >= {{ as_of_on() }} - {{ var('demand_window_days') }}
),

stocked as (
    select * from points where policy_code <> 'NO_STOCK' and order_up_to_quantity > 0
),

served as (
    select
        100 * (1 - sum(lost_sale_quantity + emergency_buy_quantity + waited_quantity)
            / nullif(sum(demand_quantity + returned_quantity), 0)) as fill_pct
    from demand
),

covered as (
    select
        100.0 * count(*) filter (where available_raw_quantity > 0) / nullif(count(*), 0) as in_stock_pct,
        avg(service_level_pct) as target_pct,
        percentile_cont(0.5) within group (
            order by greatest(sellable_quantity, 0) / nullif(daily_mean_quantity, 0)
        ) filter (where daily_mean_quantity > 0) as cover_days
    from stocked
),

used as (
    select
        points.value_currency_code as currency_code,
        sum((demand.demand_quantity - demand.lost_sale_quantity - demand.emergency_buy_quantity)
            * points.unit_value_amount) as used_amount
    from demand
    -- One row per garage and part on the right side.
    inner join points using (garage_code, part_id)
    group by points.value_currency_code
),

valued as (
    select value_currency_code as currency_code, sum(on_hand_quantity * unit_value_amount) as stock_amount
    from points
    where unit_value_amount is not null
    group by value_currency_code
),

idle as (
    select currency_code, sum(excess_amount) as excess_amount, sum(dead_amount) as dead_amount
    from excess
    group by currency_code
),

delivered as (
    select
        100 * sum(least(received_quantity, ordered_quantity)) / nullif(sum(ordered_quantity), 0) as received_pct
    from orders
    where sent_at is not null and promised_on < {{ as_of_on() }} and status_code <> 'CANCELLED'
),

coming as (
    select currency_code, sum(open_amount) as open_amount from orders where currency_code is not null group by currency_code
),

kept as (
    select 100 * sum(on_time_quantity) / nullif(sum(promised_quantity), 0) as on_time_pct from lead_times
),

sent as (
    select 100.0 * count(*) filter (where is_on_time) / nullif(count(*), 0) as punctual_pct from feeds
),

counted as (
    select 100 * (1 - sum(abs(variance_quantity)) / nullif(sum(counted_quantity), 0)) as accuracy_pct from counts
),

erred as (
    select
        percentile_cont(0.5) within group (order by mase_value) as mase,
        percentile_cont(0.5) within group (order by smape_value) as smape_pct
    from accuracy
    where is_chosen
),

figures as (
    select 1 as place_number, 'FILL_RATE' as kpi_code, 'First-time fill rate' as name, fill_pct as value,
        'PCT' as unit_code,
        'Of what was asked for in the last year, what was neither lost, nor bought in a hurry, nor waited for.' as description
    from served
    union all
    select 2, 'SERVICE_TARGET', 'Service level aimed at', target_pct, 'PCT', 'Mean over the stocked parts of all garages, each counted once.'
    from covered
    union all
    select 3, 'IN_STOCK', 'Stocked parts with something free', in_stock_pct, 'PCT',
        'Of garage and part, those with at least one unit that nobody has reserved.'
    from covered
    union all
    select 4, 'DAYS_OF_COVER', 'Days of cover', cover_days::numeric, 'DAYS', 'Median over the stocked parts that are in demand.'
    from covered
    union all
    select 5, 'STOCK_' || currency_code, 'Stock on hand', stock_amount, currency_code, 'On hand at cost.'
    from valued
    union all
    select 6, 'TURNS_' || currency_code, 'Turns in ' || currency_code, used_amount / nullif(stock_amount, 0), 'TURNS',
        'Use of the last year by the stock of today, both at cost.'
    from valued
    inner join used using (currency_code)
    union all
    select 7, 'EXCESS_' || currency_code, 'Excess stock', coalesce(excess_amount, 0), currency_code,
        'Above the order-up-to level.'
    from valued
    left join idle using (currency_code)
    union all
    select 8, 'DEAD_' || currency_code, 'Dead stock', coalesce(dead_amount, 0), currency_code,
        'On hand without demand for a year.'
    from valued
    left join idle using (currency_code)
    union all
    select 9, 'ON_ORDER_' || currency_code, 'On order', open_amount, currency_code, 'Approved or ordered, and still to come.'
    from coming
    union all
    select 10, 'SUPPLIER_FILL_RATE', 'Supplier fill rate', received_pct, 'PCT',
        'Units received of those whose first promise is over.'
    from delivered
    union all
    select 11, 'ON_TIME', 'Delivered on time', on_time_pct, 'PCT', 'Units received by the day that their supplier promised first.'
    from kept
    union all
    select 12, 'FORECAST_MASE', 'Forecast error (MASE)', mase::numeric, 'MASE',
        'Median over the series; 1 is as good as repeating the last value.'
    from erred
    union all
    select 13, 'FORECAST_SMAPE', 'Forecast error (sMAPE)', smape_pct::numeric, 'PCT',
        'Median over the series, up to 200: error by the mean of forecast and demand of a month, one month ahead.'
    from erred
    union all
    select 14, 'STOCK_ACCURACY', 'Stock accuracy', accuracy_pct, 'PCT',
        '100 % less what counts of the last year found different, as a share of what they found.'
    from counted
    union all
    select 15, 'FEED_PUNCTUALITY', 'Feeds on time', punctual_pct, 'PCT',
        'Files of suppliers and garages that came in time, of those due in the last year by their calendars.'
    from sent
),

final as (
    select
        kpi_code,
        name,
        round(value, 4) as value,
        unit_code,
        description,
        place_number
    from figures
    where value is not null
)

select * from final
