with

events as (
    select * from {{ ref('stg_quality_hold__events') }}
),

last_events as (
    select distinct on (hold_number)
        hold_number,
        garage_code,
        part_id,
        lot_number,
        hold_reason_code,
        event_type_code as last_event_type_code
    from events
    order by hold_number, sequence_number desc
),

summed as (
    select
        hold_number,
        coalesce(sum(quantity) filter (where event_type_code = 'PLACED'), 0)
            - coalesce(sum(quantity) filter (
                where event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED')
            ), 0) as held_quantity
    from events
    group by hold_number
),

final as (
    select
        last_events.hold_number,
        last_events.garage_code,
        last_events.part_id,
        last_events.lot_number,
        last_events.hold_reason_code,
        summed.held_quantity
    from last_events
    -- One row per hold on both sides.
    inner join summed using (hold_number)
    where last_events.last_event_type_code <> 'RELEASED'
        and summed.held_quantity > 0
)

select * from final
