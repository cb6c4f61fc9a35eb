with

source as (
    select * from {{ source('replenishment', 'forecasts') }}
),

final as (
    select
        garage_code,
        part_id,
        as_of_on,
        history_hash,
        method_code,
        demand_class_code,
        daily_mean_quantity,
        tested_month_count,
        tested_method_codes,
        mase_values,
        rmsse_values,
        pinball_values,
        smape_values,
        season_values,
        distribution_code,
        monthly_mean_quantity,
        dispersion_value,
        effective_month_count,
        recorded_at
    from source
    where as_of_on <= {{ as_of_on() }}
)

select * from final
