with

source as (
    select * from {{ source('garage_inventory', 'count_events') }}
),

final as (
    select
        count_number,
        garage_code,
        part_id,
        sequence_number,
        event_type_code,
        reason_code,
        reason,
        variance_quantity,
        event_at,
        actor,
        recorded_at
    from source
    where event_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
