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
        recorded_at
    from source
    where as_of_on <= {{ as_of_on() }}
)

select * from final
