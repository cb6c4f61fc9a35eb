{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

means as (
    select * from {{ ref('int_demand_means') }}
),

borrowed as (
    select * from {{ ref('int_rates_borrowed') }}
),

uplifts as (
    select * from {{ ref('int_uplifts_resolved') }}
),

seasons as (
    select * from {{ ref('int_season_factors') }}
),

parts as (
    select part_id, category_code from {{ ref('int_parts_current') }}
),

gathered as (
    select
        means.*,
        borrowed.method_code as borrowed_method_code,
        borrowed.daily_mean_quantity as borrowed_mean_quantity,
        case
            when cardinality(means.season_values) = 12 then (
                select round(sum(means.season_values[coming.month_number] * coming.share_value), 6)
                from {{ ref('int_months_coming') }} as coming
            )
            -- What looks back a year or more knows nothing of the season; what fades faster follows it.
            when means.method_code in ('MOVING_AVERAGE', 'CLEAN_MEAN', 'MEAN', 'CROSTON_SBA', 'ADIDA', 'IMAPA')
                then seasons.season_factor
        end as season_factor,
        uplifts.uplift_factor
    from means
    -- One row per garage and part, per part, and per category on the right sides.
    left join borrowed using (garage_code, part_id)
    left join uplifts using (garage_code, part_id)
    left join parts using (part_id)
    left join seasons using (category_code)
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
        coalesce(borrowed_method_code, method_code) as method_code,
        round(
            coalesce(borrowed_mean_quantity, daily_mean_quantity)
                * coalesce(season_factor, 1) * coalesce(uplift_factor, 1),
            9
        ) as daily_mean_quantity,
        round(daily_sd_quantity * coalesce(season_factor, 1) * coalesce(uplift_factor, 1), 9) as daily_sd_quantity,
        coalesce(season_factor, 1) as season_factor,
        coalesce(uplift_factor, 1) as uplift_factor,
        is_forecast_missing
    from gathered
)

select * from final
