with

summed as (
    select * from {{ ref('int_reservations_summed') }}
),

-- A reservation past its expiry is over, whether or not the sweep has entered it.
ended as (
    select
        *,
        is_expired or (expires_at <= {{ as_of() }}) is true as is_lapsed,
        is_cancelled or is_expired or (expires_at <= {{ as_of() }}) is true as is_ended,
        requested_quantity - consumed_quantity - released_quantity - expired_quantity as left_quantity
    from summed
),

final as (
    select
        reservation_number,
        garage_code,
        part_id,
        condition_code,
        work_order_number,
        work_order_line,
        priority,
        need_by_at,
        expires_at,
        requested_at,
        last_event_at,
        requested_quantity,
        case when is_ended then 0 else greatest(pegged_quantity, 0) end as reserved_quantity,
        case when is_ended then 0 else greatest(left_quantity - greatest(pegged_quantity, 0), 0) end
            as backordered_quantity,
        consumed_quantity,
        released_quantity,
        case
            when is_cancelled then 'CANCELLED'
            when is_lapsed then 'EXPIRED'
            when left_quantity <= 0 and consumed_quantity > 0 then 'DELIVERED'
            when left_quantity <= 0 then 'RELEASED'
            when consumed_quantity > 0 then 'PARTIALLY_DELIVERED'
            when pegged_quantity >= left_quantity then 'RESERVED'
            when pegged_quantity > 0 then 'PARTIALLY_RESERVED'
            else 'BACKORDERED'
        end as status_code,
        is_ended,
        shortage_reason_code,
        obstacles,
        waiting_since_at
    from ended
)

select * from final
