with

statements as (
    select * from {{ ref('stg_supplier_feed__availability') }}
),

withdrawals as (
    select * from {{ ref('stg_supplier_feed__withdrawals') }}
),

withdrawn as (
    select supplier_code, brand_code, part_number, distribution_centre_code, true as is_withdrawn
    from withdrawals
    where kind = 'supplier_availability'
),

latest as (
    select distinct on (supplier_code, part_id, distribution_centre_code) *
    from statements
    order by supplier_code, part_id, distribution_centre_code, stated_at desc
),

known as (
    select
        latest.supplier_code,
        latest.part_id,
        latest.stated_at,
        -- Who leaves a part out says nothing of it: that is unknown, never none.
        case when withdrawn.is_withdrawn then null else latest.available_quantity end as available_quantity,
        case when withdrawn.is_withdrawn then 'UNKNOWN' else latest.availability_code end as availability_code
    from latest
    -- At most one row per supplier, part number and distribution centre on the right side.
    left join withdrawn using (supplier_code, brand_code, part_number, distribution_centre_code)
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
    from known
    group by supplier_code, part_id
)

select * from final
