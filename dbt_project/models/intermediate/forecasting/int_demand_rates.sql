{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

means as (
    select * from {{ ref('int_demand_means') }}
),

borrowed as (
    select * from {{ ref('int_rates_borrowed') }}
),

final as (
    select
        means.garage_code,
        means.part_id,
        means.demand_class_code,
        means.adi_value,
        means.cv2_value,
        means.history_days,
        means.no_data_days,
        coalesce(borrowed.method_code, means.method_code) as method_code,
        round(coalesce(borrowed.daily_mean_quantity, means.daily_mean_quantity), 9) as base_mean_quantity,
        round(means.daily_sd_quantity, 9) as base_sd_quantity,
        means.is_forecast_missing
    from means
    -- At most one row per garage and part on the right side.
    left join borrowed using (garage_code, part_id)
)

select * from final
