with

events as (
    select * from {{ ref('stg_reservation__events') }}
),

-- A reservation stands where its last event says: a re-pegged one has moved.
last_events as (
    select distinct on (reservation_number)
        reservation_number,
        garage_code,
        part_id,
        lot_number,
        event_type_code as last_event_type_code,
        work_order_number,
        need_by_at
    from events
    order by reservation_number, sequence_number desc
),

summed as (
    select
        reservation_number,
        (array_agg(expires_at order by sequence_number desc) filter (where expires_at is not null))[1] as expires_at,
        coalesce(sum(quantity) filter (where event_type_code in ('RESERVED', 'PARTIALLY_RESERVED')), 0)
            as promised_quantity,
        coalesce(sum(quantity) filter (where event_type_code in ('RELEASED', 'CONSUMED', 'EXPIRED')), 0)
            as ended_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'BACKORDERED'), 0) as backordered_quantity,
        min(sequence_number) filter (where event_type_code = 'BACKORDERED') as first_backorder_number
    from events
    group by reservation_number
),

-- What was promised after a backorder came out of the backorder.
fulfilled as (
    select
        events.reservation_number,
        sum(events.quantity) as quantity
    from events
    inner join summed using (reservation_number)
    where events.event_type_code in ('RESERVED', 'PARTIALLY_RESERVED')
        and events.sequence_number > summed.first_backorder_number
    group by events.reservation_number
),

folded as (
    select
        last_events.*,
        summed.expires_at,
        last_events.last_event_type_code in ('CANCELLED', 'EXPIRED')
            or coalesce(summed.expires_at <= {{ as_of() }}, false) as is_ended,
        greatest(summed.promised_quantity - summed.ended_quantity, 0) as reserved_quantity,
        greatest(summed.backordered_quantity - coalesce(fulfilled.quantity, 0), 0) as backordered_quantity
    from last_events
    -- One row per reservation on every side.
    inner join summed using (reservation_number)
    left join fulfilled using (reservation_number)
),

final as (
    select
        reservation_number,
        garage_code,
        part_id,
        lot_number,
        work_order_number,
        need_by_at,
        expires_at,
        reserved_quantity,
        backordered_quantity
    from folded
    where not is_ended
        and (reserved_quantity > 0 or backordered_quantity > 0)
)

select * from final
