with

source as (
    select * from {{ source('catalogue', 'suppliers') }}
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
    from source
    where valid_from_at <= {{ as_of() }}
)

select * from final
