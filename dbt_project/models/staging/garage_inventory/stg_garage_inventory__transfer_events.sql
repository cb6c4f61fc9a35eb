with

source as (
    select * from {{ source('garage_inventory', 'transfer_events') }}
),

final as (
    select
        transfer_event_id,
        transfer_number,
        sequence_number,
        event_type_code,
        from_garage_code,
        to_garage_code,
        part_id,
        condition_code,
        lot_number,
        quantity,
        reservation_number,
        due_at,
        reason,
        event_at,
        actor,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where event_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
