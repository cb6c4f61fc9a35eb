{{ config(indexes=[{'columns': ['demand_class_code', 'method_code'], 'unique': true}]) }}

with

tested as (
    select * from {{ ref('fct_forecast_accuracy') }}
),

-- What was chosen, series by series, beside each method used for all of them.
compared as (
    select demand_class_code, method_code, is_chosen, tested_month_count, mase_value, smape_value, rmsse_value, pinball_value
    from tested
    union all
    select demand_class_code, 'CHOSEN', is_chosen, tested_month_count, mase_value, smape_value, rmsse_value, pinball_value
    from tested
    where is_chosen
),

final as (
    select
        demand_class_code,
        method_code,
        count(*)::integer as series_count,
        count(*) filter (where is_chosen)::integer as chosen_count,
        max(tested_month_count) as tested_month_count,
        round((percentile_cont(0.5) within group (order by mase_value))::numeric, 3) as mase_value,
        round((percentile_cont(0.5) within group (order by smape_value))::numeric, 1) as smape_value,
        round((percentile_cont(0.5) within group (order by rmsse_value))::numeric, 3) as rmsse_value,
        round((percentile_cont(0.5) within group (order by pinball_value))::numeric, 3) as pinball_value
    from compared
    group by demand_class_code, method_code
)

select * from final
