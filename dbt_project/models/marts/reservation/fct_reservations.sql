{{ config(indexes=[{'columns': ['reservation_number'], 'unique': true}]) }}

with

reservations as (
    select * from {{ ref('int_reservations_folded') }}
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
        requested_quantity,
        reserved_quantity,
        backordered_quantity,
        consumed_quantity,
        released_quantity,
        status_code,
        case when backordered_quantity > 0 then shortage_reason_code end as shortage_reason_code,
        case when backordered_quantity > 0 then obstacles end as obstacles,
        case when backordered_quantity > 0 then waiting_since_at end as waiting_since_at,
        -- The queue of a garage and part: need date, priority, who asked first (F3).
        case when backordered_quantity > 0 then (row_number() over (
            partition by garage_code, part_id, backordered_quantity > 0
            order by coalesce(need_by_at, requested_at), priority, requested_at, reservation_number
        ))::integer end as queue_rank,
        {{ as_of() }} as as_of_at
    from reservations
)

select * from final
