with

source as (
    select * from {{ source('catalogue', 'suppliers') }}
),

compared as (
    select
        *,
        lag(payload_hash) over (partition by supplier_code order by valid_from_at) as hash_before
    from source
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
        source_code,
        batch_id,
        line_number,
        recorded_at
    from compared
    -- Whoever repeats the version in force states nothing new; a late version may come to stand in between.
    where payload_hash is distinct from hash_before and valid_from_at <= {{ as_of() }}
)

select * from final
