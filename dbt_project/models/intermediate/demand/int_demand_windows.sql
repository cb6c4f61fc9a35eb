{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

stock_days as (
    select * from {{ ref('int_stock_days_rolled_up') }}
),

demand as (
    select * from {{ ref('int_demand_rolled_up') }}
),

windows as (
    select
        garage_code,
        part_id,
        greatest(min(stock_on), {{ as_of_on() }} - {{ var('demand_window_days') }}) as window_from_on,
        {{ as_of_on() }} - 1 as window_to_on
    from stock_days
    group by garage_code, part_id
),

-- The days after one entry, up to and with the day of the next, opened with the closing stock of that entry. Books below
-- zero say that units came which nobody booked, and nothing of when there were none.
emptied as (
    select
        windows.garage_code,
        windows.part_id,
        sum(greatest(
            least(coalesce(stock_days.next_stock_on, windows.window_to_on), windows.window_to_on)
                - greatest(stock_days.stock_on + 1, windows.window_from_on) + 1
                - case
                    when stock_days.next_has_demand
                        and stock_days.next_stock_on between windows.window_from_on and windows.window_to_on
                        then 1
                    else 0
                end,
            0
        )) as no_data_days
    from windows
    inner join stock_days using (garage_code, part_id)
    where stock_days.sellable_stock_quantity = 0
        and stock_days.is_stock_known
    group by windows.garage_code, windows.part_id
),

demanded as (
    select
        windows.garage_code,
        windows.part_id,
        sum(demand.demand_quantity) as demand_quantity,
        sum(demand.demand_quantity * demand.demand_quantity) as squared_quantity
    from windows
    inner join demand using (garage_code, part_id)
    where demand.demand_on between windows.window_from_on and windows.window_to_on
    group by windows.garage_code, windows.part_id
),

gathered as (
    select
        windows.garage_code,
        windows.part_id,
        windows.window_from_on,
        windows.window_to_on,
        greatest(windows.window_to_on - windows.window_from_on + 1, 0) as history_days,
        coalesce(emptied.no_data_days, 0)::integer as no_data_days,
        coalesce(demanded.demand_quantity, 0) as demand_quantity,
        coalesce(demanded.squared_quantity, 0) as squared_quantity
    from windows
    -- One row per garage and part on every side.
    left join emptied using (garage_code, part_id)
    left join demanded using (garage_code, part_id)
),

final as (
    select
        garage_code,
        part_id,
        window_from_on,
        window_to_on,
        history_days,
        no_data_days,
        history_days - no_data_days as data_days,
        demand_quantity,
        round(greatest(demand_quantity, 0) / nullif(history_days - no_data_days, 0), 9) as daily_mean_quantity,
        round(sqrt(greatest(
            (squared_quantity - demand_quantity * demand_quantity / nullif(history_days - no_data_days, 0))
                / nullif(history_days - no_data_days - 1, 0),
            0
        )), 9) as daily_sd_quantity
    from gathered
)

select * from final
