{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

windows as (
    select * from {{ ref('int_demand_windows') }}
),

series as (
    select * from {{ ref('int_demand_series') }}
),

forecasts as (
    select * from {{ ref('stg_replenishment__forecasts') }}
),

-- A forecast belongs to the very series that it was made from; one of other demand is never used.
matched as (
    select distinct on (series.garage_code, series.part_id)
        series.garage_code,
        series.part_id,
        forecasts.method_code,
        forecasts.daily_mean_quantity
    from series
    inner join forecasts using (garage_code, part_id, history_hash)
    order by series.garage_code, series.part_id, forecasts.as_of_on desc
),

gathered as (
    select
        series.garage_code,
        series.part_id,
        series.demand_class_code,
        series.adi_value,
        series.cv2_value,
        windows.history_days,
        windows.no_data_days,
        windows.demand_quantity as window_demand_quantity,
        coalesce(windows.daily_mean_quantity, 0) as clean_mean_quantity,
        coalesce(windows.daily_sd_quantity, 0) as daily_sd_quantity,
        matched.method_code as forecast_method_code,
        matched.daily_mean_quantity as forecast_mean_quantity
    from series
    -- One row per garage and part on every side.
    inner join windows using (garage_code, part_id)
    left join matched using (garage_code, part_id)
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
            when demand_class_code in ('INTERMITTENT', 'LUMPY') then coalesce(forecast_method_code, 'CLEAN_MEAN')
            else 'CLEAN_MEAN'
        end as method_code,
        case
            when demand_class_code = 'NONE' then 0
            -- Days before the part was known count as days without demand, up to the least history.
            when demand_class_code = 'NEW'
                then round(
                    greatest(window_demand_quantity, 0) / greatest(history_days, {{ var('minimum_history_days') }}), 9
                )
            when demand_class_code in ('INTERMITTENT', 'LUMPY')
                then coalesce(forecast_mean_quantity, clean_mean_quantity)
            else clean_mean_quantity
        end as daily_mean_quantity,
        daily_sd_quantity,
        demand_class_code in ('INTERMITTENT', 'LUMPY') and forecast_mean_quantity is null as is_forecast_missing
    from gathered
)

select * from final
