with

events as (
    select * from {{ ref('stg_reservation__events') }}
),

reservations as (
    select * from {{ ref('int_reservations_open') }}
),

final as (
    select
        events.reservation_number,
        events.peg_garage_code as garage_code,
        events.part_id,
        events.condition_code,
        coalesce(events.lot_number, '') as lot_number,
        sum(events.peg_quantity) as reserved_quantity
    from events
    -- One row per open reservation: what ended ones still had is free again.
    inner join reservations using (reservation_number)
    where events.peg_quantity <> 0
    group by events.reservation_number, events.peg_garage_code, events.part_id, events.condition_code,
        coalesce(events.lot_number, '')
    having sum(events.peg_quantity) <> 0
)

select * from final
