{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

series as (
    select * from {{ ref('int_demand_series') }}
),

forecasts as (
    select * from {{ ref('stg_replenishment__forecasts') }}
),

-- A forecast belongs to the very series that it was made from; one of other demand is never used.
final as (
    select distinct on (series.garage_code, series.part_id)
        series.garage_code,
        series.part_id,
        forecasts.as_of_on,
        forecasts.method_code,
        forecasts.demand_class_code,
        forecasts.daily_mean_quantity,
        forecasts.tested_month_count,
        forecasts.tested_method_codes,
        forecasts.mase_values,
        forecasts.rmsse_values,
        forecasts.pinball_values,
        forecasts.smape_values,
        forecasts.season_values,
        forecasts.distribution_code,
        forecasts.monthly_mean_quantity,
        forecasts.dispersion_value,
        forecasts.effective_month_count
    from series
    inner join forecasts using (garage_code, part_id, history_hash)
    order by series.garage_code, series.part_id, forecasts.as_of_on desc
)

select * from final
