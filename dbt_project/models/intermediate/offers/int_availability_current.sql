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
        latest.available_quantity,
        latest.availability_code,
        -- Who leaves a part out, or has not spoken of it for long, says nothing of it: that is unknown, never none.
        coalesce(withdrawn.is_withdrawn, false)
            or latest.stated_at <= {{ as_of() }} - interval '{{ var("availability_max_age_days") | int }} days' as is_unknown
    from latest
    -- At most one row per supplier, part number and distribution centre on the right side.
    left join withdrawn using (supplier_code, brand_code, part_number, distribution_centre_code)
),

final as (
    select
        supplier_code,
        part_id,
        sum(available_quantity) filter (where not is_unknown) as available_quantity,
        -- The best word of any distribution centre counts.
        (array_agg(
            word.availability_code
            order by array_position(array['IN_STOCK', 'LOW', 'ON_ORDER', 'UNKNOWN', 'NONE'], word.availability_code)
        ))[1] as availability_code,
        max(stated_at) as availability_stated_at
    from known
    cross join lateral (
        select case when known.is_unknown then 'UNKNOWN' else known.availability_code end as availability_code
    ) as word
    group by supplier_code, part_id
)

select * from final
