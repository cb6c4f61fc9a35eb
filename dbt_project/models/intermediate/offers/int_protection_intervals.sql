{{ config(indexes=[{'columns': ['part_id', 'protection_days'], 'unique': true}]) }}

with

-- A rule may have a part looked at less often than its supplier takes orders. There are few such values.
reviews as (
    select 0 as least_review_days
    union
    select review_days from {{ ref('stg_catalogue__stocking_policies') }} where review_days is not null
),

offers as (
    select distinct part_id, lead_time_days, review_days from {{ ref('int_offers_eligible') }}
),

parts as (
    select part_id from {{ ref('int_parts_current') }}
),

planned as (
    select distinct
        parts.part_id,
        {{ protection_days(
            'coalesce(offers.lead_time_days, ' ~ var('default_lead_time_days') ~ ')',
            'greatest(offers.review_days, reviews.least_review_days)'
        ) }} as protection_days
    from parts
    left join offers using (part_id)
    cross join reviews
),

final as (
    select
        part_id,
        protection_days,
        protection_days = min(protection_days) over (partition by part_id) as is_shortest
    from planned
)

select * from final
