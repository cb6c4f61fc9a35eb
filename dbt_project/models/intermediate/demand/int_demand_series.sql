{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

monthly as (
    select * from {{ ref('int_demand_monthly') }}
),

windows as (
    select * from {{ ref('int_demand_windows') }}
),

summed as (
    select
        garage_code,
        part_id,
        count(*) as month_count,
        count(*) filter (where clean_quantity > 0) as demand_month_count,
        coalesce(avg(clean_quantity) filter (where clean_quantity > 0), 0) as mean_size_quantity,
        coalesce(stddev_samp(clean_quantity) filter (where clean_quantity > 0), 0) as sd_size_quantity,
        round(stddev_samp(clean_quantity) / nullif(avg(clean_quantity), 0), 6) as cv_value,
        min(month_on) as first_month_on,
        max(month_on) as last_month_on,
        array_agg(month_on order by month_on) as months,
        string_agg(trim_scale(clean_quantity)::text, ' ' order by month_on) as quantities_text
    from monthly
    where not is_no_data
    group by garage_code, part_id
),

measured as (
    select
        windows.garage_code,
        windows.part_id,
        windows.data_days,
        coalesce(summed.month_count, 0) as month_count,
        coalesce(summed.demand_month_count, 0) as demand_month_count,
        round(summed.month_count::numeric / nullif(summed.demand_month_count, 0), 6) as adi_value,
        round(power(summed.sd_size_quantity / nullif(summed.mean_size_quantity, 0), 2), 6) as cv2_value,
        summed.cv_value,
        coalesce(windows.demand_quantity, 0) as window_demand_quantity,
        summed.first_month_on,
        summed.last_month_on,
        -- Where none is missing, the first and the last say which months these are.
        case
            when summed.last_month_on > summed.first_month_on + make_interval(months => summed.month_count::integer - 1)
                then summed.months::text
        end as months_text,
        summed.quantities_text
    from windows
    -- One row per garage and part on both sides.
    left join summed using (garage_code, part_id)
),

classed as (
    select
        *,
        case
            when demand_month_count = 0 and window_demand_quantity <= 0 then 'NONE'
            when data_days < {{ var('minimum_history_days') }} or demand_month_count = 0 then 'NEW'
            when adi_value < 1.32 and cv2_value < 0.49 then 'SMOOTH'
            when adi_value < 1.32 then 'ERRATIC'
            when cv2_value < 0.49 then 'INTERMITTENT'
            else 'LUMPY'
        end as demand_class_code
    from measured
),

final as (
    select
        garage_code,
        part_id,
        month_count,
        demand_month_count,
        adi_value,
        cv2_value,
        cv_value,
        demand_class_code,
        first_month_on,
        last_month_on,
        {{ as_of_on() }} as as_of_on,
        quantities_text,
        sha256(convert_to(
            concat_ws(
                '|', '{{ var("forecast_version") | int }}', demand_class_code, first_month_on, last_month_on,
                months_text, quantities_text
            ), 'UTF8'
        )) as history_hash
    from classed
)

select * from final
