with

source as (
    select * from {{ source('garage_inventory', 'adjustments') }}
),

final as (
    select
        adjustment_line_id,
        adjustment_number,
        adjustment_line,
        garage_code,
        part_id,
        lot_number,
        condition_code,
        to_condition_code,
        direction_code,
        quantity,
        uom_code,
        adjustment_reason_code,
        reason_note,
        approval_code,
        approver,
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
