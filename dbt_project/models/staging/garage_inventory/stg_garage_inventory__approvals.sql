with

source as (
    select * from {{ source('garage_inventory', 'approvals') }}
),

final as (
    select
        approval_id,
        adjustment_line_id,
        decision_code,
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
