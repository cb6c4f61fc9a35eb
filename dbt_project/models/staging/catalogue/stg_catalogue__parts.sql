with

source as (
    select * from {{ source('catalogue', 'parts') }}
),

compared as (
    select
        *,
        lag(payload_hash) over (partition by part_id order by valid_from_at) as hash_before
    from source
),

final as (
    select
        part_id,
        valid_from_at,
        brand_code,
        part_number,
        part_key,
        trim(description) as description,
        category_code,
        base_uom_code,
        lifecycle_code,
        stocking_class_code,
        criticality_code,
        unit_cost_amount,
        currency_code,
        gtin,
        superseded_by_part_number,
        shelf_life_days,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from compared
    -- Whoever repeats the version in force states nothing new; a late version may come to stand in between.
    where payload_hash is distinct from hash_before and valid_from_at <= {{ as_of() }}
)

select * from final
