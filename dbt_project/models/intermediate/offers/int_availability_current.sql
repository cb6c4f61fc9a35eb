with

statements as (
    select * from {{ ref('stg_supplier_feed__availability') }}
),

latest as (
    select distinct on (supplier_code, part_id, distribution_centre_code) *
    from statements
    order by supplier_code, part_id, distribution_centre_code, stated_at desc
),

final as (
    select
        supplier_code,
        part_id,
        sum(available_quantity) as available_quantity,
        -- The best word of any distribution centre counts.
        (array_agg(
            availability_code
            order by array_position(array['IN_STOCK', 'LOW', 'ON_ORDER', 'UNKNOWN', 'NONE'], availability_code)
        ))[1] as availability_code,
        max(stated_at) as availability_stated_at
    from latest
    group by supplier_code, part_id
)

select * from final
