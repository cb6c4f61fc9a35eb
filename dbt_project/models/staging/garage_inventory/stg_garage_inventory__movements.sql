with

source as (
    select * from {{ source('garage_inventory', 'movements') }}
),

final as (
    select
        movement_id,
        garage_code,
        part_id,
        lot_number,
        condition_code,
        movement_type_code,
        quantity,
        reason_code,
        document_number,
        document_line,
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
