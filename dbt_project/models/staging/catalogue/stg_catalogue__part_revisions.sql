with

source as (
    select * from {{ source('catalogue', 'parts') }}
),

final as (
    select
        part_id,
        valid_from_at,
        revision_number,
        brand_code,
        category_code,
        criticality_code,
        stocking_class_code,
        recorded_at
    from source
    where valid_from_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
