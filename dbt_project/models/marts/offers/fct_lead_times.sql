{{ config(indexes=[{'columns': ['supplier_code', 'category_code'], 'unique': true}]) }}

with

lead_times as (
    select * from {{ ref('int_lead_times') }}
),

final as (
    select
        supplier_code,
        category_code,
        lead_time_source_code,
        lead_time_days,
        lead_time_sd_days,
        quoted_lead_time_days,
        observation_count,
        supplier_observation_count,
        promised_quantity,
        on_time_quantity,
        on_time_pct,
        {{ as_of() }} as as_of_at
    from lead_times
)

select * from final
