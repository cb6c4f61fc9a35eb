with

source as (
    select * from {{ source('catalogue', 'garages') }}
),

final as (
    select
        garage_code,
        valid_from_at,
        trim(garage_name) as garage_name,
        country_code,
        time_zone,
        currency_code,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where valid_from_at <= {{ as_of() }}
)

select * from final
