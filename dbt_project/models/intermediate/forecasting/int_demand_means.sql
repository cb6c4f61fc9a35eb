{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

windows as (
    select * from {{ ref('int_demand_windows') }}
),

series as (
    select * from {{ ref('int_demand_series') }}
),

forecasts as (
    select * from {{ ref('int_forecasts_in_force') }}
),

gathered as (
    select
        series.garage_code,
        series.part_id,
        series.demand_class_code,
        series.adi_value,
        series.cv2_value,
        -- A mean of all months, of less than a year since the first demand, knows nothing of the days on the shelf before it.
        case
            when series.demand_class_code in ('SMOOTH', 'ERRATIC') and series.month_count < 12
                and forecasts.method_code = 'MEAN' then 'CLEAN_MEAN'
            else forecasts.method_code
        end as forecast_method_code,
        windows.history_days,
        windows.no_data_days,
        windows.demand_quantity as window_demand_quantity,
        coalesce(windows.daily_mean_quantity, 0) as clean_mean_quantity,
        coalesce(windows.daily_sd_quantity, 0) as daily_sd_quantity,
        forecasts.daily_mean_quantity as forecast_mean_quantity,
        coalesce(forecasts.season_values, '{}') as season_values
    from series
    -- One row per garage and part on every side.
    inner join windows using (garage_code, part_id)
    left join forecasts using (garage_code, part_id)
),

final as (
    select
        garage_code,
        part_id,
        demand_class_code,
        adi_value,
        cv2_value,
        history_days,
        no_data_days,
        case
            when demand_class_code = 'NONE' then 'NONE'
            when demand_class_code = 'NEW' then 'NEW_MEAN'
            else coalesce(forecast_method_code, 'CLEAN_MEAN')
        end as method_code,
        case
            when demand_class_code = 'NONE' then 0
            -- Days that nothing is known of count as days without demand, up to the least history.
            when demand_class_code = 'NEW'
                then round(
                    greatest(window_demand_quantity, 0)
                        / greatest(history_days - no_data_days, {{ var('minimum_history_days') }}),
                    9
                )
            -- The clean mean of the window is the moving average of a year, and knows single days without data.
            when demand_class_code in ('SMOOTH', 'ERRATIC') and forecast_method_code in ('MOVING_AVERAGE', 'CLEAN_MEAN')
                then clean_mean_quantity
            else coalesce(forecast_mean_quantity, clean_mean_quantity)
        end as daily_mean_quantity,
        daily_sd_quantity,
        greatest(window_demand_quantity, 0) as window_demand_quantity,
        season_values,
        demand_class_code not in ('NONE', 'NEW') and forecast_mean_quantity is null as is_forecast_missing
    from gathered
)

select * from final
