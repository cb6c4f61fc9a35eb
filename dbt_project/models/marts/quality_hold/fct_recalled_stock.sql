{{ config(indexes=[{'columns': ['campaign_number', 'garage_code', 'part_id'], 'unique': true}]) }}

with

events as (
    select * from {{ ref('fct_quality_hold_events') }}
    where campaign_number is not null
),

summed as (
    select
        campaign_number,
        garage_code,
        part_id,
        min(event_at) as found_at,
        coalesce(sum(change_quantity) filter (where event_type_code = 'PLACED'), 0) as found_quantity,
        sum(change_quantity) as open_quantity,
        coalesce(-sum(change_quantity) filter (where event_type_code = 'SCRAPPED'), 0) as scrapped_quantity,
        coalesce(-sum(change_quantity) filter (where event_type_code = 'RETURNED_TO_SUPPLIER'), 0)
            as returned_quantity,
        coalesce(-sum(change_quantity) filter (where event_type_code = 'REWORKED'), 0) as reworked_quantity,
        coalesce(-sum(change_quantity) filter (where event_type_code in ('RELEASED', 'PARTIALLY_RELEASED')), 0)
            as released_quantity
    from events
    group by campaign_number, garage_code, part_id
),

final as (
    select
        *,
        round(100 * (found_quantity - open_quantity) / nullif(found_quantity, 0), 1) as settled_pct,
        {{ as_of() }} as as_of_at
    from summed
)

select * from final
