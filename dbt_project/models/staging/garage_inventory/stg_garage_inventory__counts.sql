with

source as (
    select * from {{ source('garage_inventory', 'counts') }}
),

final as (
    select
        count_line_id,
        count_number,
        garage_code,
        part_id,
        lot_number,
        condition_code,
        bin_code,
        counted_quantity,
        uom_code,
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
