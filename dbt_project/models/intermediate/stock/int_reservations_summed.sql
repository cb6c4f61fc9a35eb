with

-- What Partsbay enters beside requests repeats what was asked for, so that a change of it counts as much when late.
events as (
    select
        *,
        source_code <> 'partsbay' as is_stated,
        source_code = 'partsbay' and event_type_code <> 'REQUESTED' as is_repeating
    from {{ ref('stg_reservation__events') }}
),

placed as (
    select
        *,
        min(sequence_number) filter (where event_type_code = 'BACKORDERED' and is_stated)
            over (partition by reservation_number) as first_backorder_number,
        row_number() over (
            partition by reservation_number order by is_repeating, sequence_number, event_at, idempotency_key
        ) as place,
        row_number() over (
            partition by reservation_number
            order by is_repeating, sequence_number desc, event_at desc, idempotency_key desc
        ) as place_from_end
    from events
),

final as (
    select
        reservation_number,
        max(garage_code) filter (where place_from_end = 1) as garage_code,
        (max(part_id::text) filter (where place_from_end = 1))::uuid as part_id,
        max(condition_code) filter (where place = 1) as condition_code,
        max(work_order_number) filter (where place_from_end = 1) as work_order_number,
        max(work_order_line) filter (where place_from_end = 1) as work_order_line,
        max(priority) filter (where place_from_end = 1) as priority,
        (array_agg(need_by_at order by sequence_number desc, event_at desc, idempotency_key desc)
            filter (where need_by_at is not null and not is_repeating))[1] as need_by_at,
        (array_agg(expires_at order by sequence_number desc, event_at desc, idempotency_key desc)
            filter (where expires_at is not null and not is_repeating))[1] as expires_at,
        min(event_at) filter (where event_type_code = 'REQUESTED' or is_stated) as requested_at,
        max(event_at) as last_event_at,
        -- A garage that states promises and backorders alone has asked for what they come to.
        greatest(
            coalesce(sum(quantity) filter (where event_type_code = 'REQUESTED'), 0),
            coalesce(sum(quantity) filter (
                where event_type_code in ('RESERVED', 'PARTIALLY_RESERVED') and is_stated
            ), 0),
            coalesce(sum(quantity) filter (
                where event_type_code in ('RESERVED', 'PARTIALLY_RESERVED') and is_stated
                    and sequence_number < first_backorder_number
            ), 0) + coalesce(max(quantity) filter (
                where event_type_code = 'BACKORDERED' and is_stated and sequence_number = first_backorder_number
            ), 0)
        ) as requested_quantity,
        sum(peg_quantity) as pegged_quantity,
        -- What a garage states as consumed, and its lines of usage, say the same thing twice.
        greatest(
            coalesce(sum(quantity) filter (where event_type_code = 'CONSUMED' and is_stated), 0),
            coalesce(sum(quantity) filter (where event_type_code = 'CONSUMED' and not is_stated), 0)
        ) as consumed_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'RELEASED'), 0) as released_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'EXPIRED'), 0) as expired_quantity,
        bool_or(event_type_code = 'CANCELLED') as is_cancelled,
        bool_or(event_type_code = 'EXPIRED') as is_expired,
        (array_agg(shortage_reason_code order by sequence_number desc)
            filter (where event_type_code = 'BACKORDERED'))[1] as shortage_reason_code,
        (array_agg(obstacles order by sequence_number desc) filter (where event_type_code = 'BACKORDERED'))[1]
            as obstacles,
        min(event_at) filter (where event_type_code = 'BACKORDERED') as waiting_since_at
    from placed
    group by reservation_number
)

select * from final
