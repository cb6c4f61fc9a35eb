with

source as (
    select * from {{ source('garage_inventory', 'reversals') }}
),

final as (
    select
        reversal_id,
        line_code,
        reverses_id,
        garage_code,
        part_id,
        lot_number,
        condition_code,
        quantity,
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
