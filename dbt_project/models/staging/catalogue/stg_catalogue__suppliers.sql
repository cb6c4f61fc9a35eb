with

source as (
    select * from {{ source('catalogue', 'suppliers') }}
),

-- A correction is a further revision of the same moment: the newest that was known counts.
known as (
    select distinct on (supplier_code, valid_from_at) *
    from source
    where {{ was_known() }}
    order by supplier_code, valid_from_at, revision_number desc
),

compared as (
    select
        *,
        lag(payload_hash) over (partition by supplier_code order by valid_from_at) as hash_before
    from known
),

final as (
    select
        supplier_code,
        valid_from_at,
        trim(supplier_name) as supplier_name,
        currency_code,
        lead_time_days,
        lead_time_sd_days,
        review_days,
        minimum_order_amount,
        is_active,
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
