with

source as (
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
        lot_number,
        quantity,
        work_order_number,
        work_order_line,
        priority,
        need_by_at,
        expires_at,
        reason,
        event_at,
        actor,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where event_at <= {{ as_of() }}
)

select * from final
