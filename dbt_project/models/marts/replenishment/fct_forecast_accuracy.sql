{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'method_code'], 'unique': true}]) }}

with

forecasts as (
    select * from {{ ref('int_forecasts_in_force') }}
),

final as (
    select
        forecasts.garage_code,
        forecasts.part_id,
        tested.method_code,
        tested.method_code = forecasts.method_code as is_chosen,
        forecasts.demand_class_code,
        forecasts.as_of_on as forecast_on,
        forecasts.tested_month_count,
        tested.mase_value::numeric(18, 6) as mase_value,
        tested.rmsse_value::numeric(18, 6) as rmsse_value,
        tested.pinball_value::numeric(18, 6) as pinball_value,
        tested.smape_value::numeric(18, 6) as smape_value
    from forecasts
    -- The arrays of a row go together, one element a method; a series without a test has none.
    cross join lateral unnest(
        forecasts.tested_method_codes, forecasts.mase_values, forecasts.rmsse_values, forecasts.pinball_values,
        forecasts.smape_values
    ) as tested (method_code, mase_value, rmsse_value, pinball_value, smape_value)
)

select * from final
