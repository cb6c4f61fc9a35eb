with

source as (
    -- What is overdue has lapsed before: depends_on {{ source('reservation', 'states') }}
    select * from {{ source('reservation', 'events') }}
),

final as (
    select
        event_id,
        reservation_number,
        sequence_number,
        event_type_code,
        garage_code,
        part_id,
        condition_code,
        lot_number,
        coalesce(peg_garage_code, garage_code) as peg_garage_code,
        peg_quantity,
        quantity,
        work_order_number,
        work_order_line,
        priority,
        need_by_at,
        expires_at,
        allows_other_garages,
        reason,
        shortage_reason_code,
        obstacles,
        caused_by_code,
        caused_by_number,
        event_at,
        actor,
        source_code,
        batch_id,
        line_number,
        idempotency_key,
        recorded_at
    from source
    where event_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
