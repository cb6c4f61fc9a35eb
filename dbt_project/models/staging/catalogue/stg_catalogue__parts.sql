with

source as (
    select * from {{ source('catalogue', 'parts') }}
),

-- A correction is a further revision of the same moment: the newest that was known counts.
known as (
    select distinct on (part_id, valid_from_at) *
    from source
    where {{ was_known() }}
    order by part_id, valid_from_at, revision_number desc
),

compared as (
    select
        *,
        lag(payload_hash) over (partition by part_id order by valid_from_at) as hash_before
    from known
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
        catalogue.part_id(brand_code, superseded_by_part_number) as superseded_by_part_id,
        shelf_life_days,
        part_type_code,
        is_hazmat,
        un_number,
        min_remaining_days,
        is_lot_tracked,
        is_serial_tracked,
        is_manufacture_date_tracked,
        is_core_part,
        core_deposit_amount,
        weight_kg,
        hs_code,
        country_of_origin_code,
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
