with

source as (
    select * from {{ source('catalogue', 'garages') }}
),

compared as (
    select
        *,
        lag(payload_hash) over (partition by garage_code order by valid_from_at) as hash_before
    from source
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
    from compared
    -- Whoever repeats the version in force states nothing new; a late version may come to stand in between.
    where payload_hash is distinct from hash_before and valid_from_at <= {{ as_of() }}
)

select * from final
