-- Derived from what was stated and listed; the function reads these tables:
-- depends_on: {{ source('supplier_feed', 'offers') }}
-- depends_on: {{ source('supplier_feed', 'availability') }}
-- depends_on: {{ source('supplier_feed', 'articles') }}
-- depends_on: {{ source('supplier_feed', 'full_listings') }}
with

source as (
    select * from supplier_feed.withdrawn_at({{ as_of() }})
),

final as (
    select
        kind,
        supplier_code,
        brand_code,
        part_number,
        price_type_code,
        break_quantity,
        distribution_centre_code,
        reason_code,
        withdrawn_at
    from source
    where withdrawn_at <= {{ as_of() }}
)

select * from final
