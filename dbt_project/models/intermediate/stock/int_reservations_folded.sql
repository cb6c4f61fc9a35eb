with

events as (
    select
        *,
        source_code <> 'partsbay' as is_stated
    from {{ ref('stg_reservation__events') }}
),

placed as (
    select
        *,
        min(sequence_number) filter (where event_type_code = 'BACKORDERED' and is_stated)
            over (partition by reservation_number) as first_backorder_number,
        row_number() over (partition by reservation_number order by sequence_number, event_at, event_id) as place,
        row_number() over (
            partition by reservation_number order by sequence_number desc, event_at desc, event_id desc
        ) as place_from_end
    from events
),

summed as (
    select
        reservation_number,
        max(garage_code) filter (where place_from_end = 1) as garage_code,
        (max(part_id::text) filter (where place_from_end = 1))::uuid as part_id,
        max(condition_code) filter (where place = 1) as condition_code,
        max(work_order_number) filter (where place_from_end = 1) as work_order_number,
        max(work_order_line) filter (where place_from_end = 1) as work_order_line,
        max(priority) filter (where place_from_end = 1) as priority,
        coalesce(max(need_by_at) filter (where place_from_end = 1), max(need_by_at)) as need_by_at,
        coalesce(max(expires_at) filter (where place_from_end = 1), max(expires_at)) as expires_at,
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
        coalesce(sum(quantity) filter (where event_type_code = 'CONSUMED'), 0) as consumed_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'RELEASED'), 0) as released_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'EXPIRED'), 0) as expired_quantity,
        bool_or(event_type_code = 'CANCELLED') as is_cancelled,
        bool_or(event_type_code = 'EXPIRED') as is_expired,
        (array_agg(shortage_reason_code order by sequence_number desc) filter (where event_type_code = 'BACKORDERED'))[1]
            as shortage_reason_code,
        (array_agg(obstacles order by sequence_number desc) filter (where event_type_code = 'BACKORDERED'))[1]
            as obstacles,
        min(event_at) filter (where event_type_code = 'BACKORDERED') as waiting_since_at
    from placed
    group by reservation_number
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
