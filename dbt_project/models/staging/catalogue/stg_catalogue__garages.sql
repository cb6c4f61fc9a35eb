with

source as (
    select * from {{ source('catalogue', 'garages') }}
),

-- A correction is a further revision of the same moment: the newest that was known counts.
known as (
    select distinct on (garage_code, valid_from_at) *
    from source
    where {{ was_known() }}
    order by garage_code, valid_from_at, revision_number desc
),

compared as (
    select
        *,
        lag(payload_hash) over (partition by garage_code order by valid_from_at) as hash_before
    from known
),

final as (
    select
        garage_code,
        valid_from_at,
        trim(garage_name) as garage_name,
        country_code,
        time_zone,
        currency_code,
        is_retired,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from compared
    -- Whoever repeats the version in force states nothing new; a late version may come to stand in between.
    where payload_hash is distinct from hash_before and valid_from_at <= {{ as_of() }}
)

select * from final
