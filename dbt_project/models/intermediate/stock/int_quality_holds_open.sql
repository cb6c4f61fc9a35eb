with

events as (
    select * from {{ ref('stg_quality_hold__events') }}
),

folded as (
    select
        hold_number,
        garage_code,
        part_id,
        condition_code,
        coalesce(lot_number, '') as lot_number,
        (array_agg(scope_code order by sequence_number))[1] as scope_code,
        (array_agg(hold_reason_code order by sequence_number desc))[1] as hold_reason_code,
        (array_agg(severity_code order by sequence_number desc))[1] as severity_code,
        min(event_at) as placed_at,
        (array_agg(due_at order by sequence_number desc) filter (where due_at is not null))[1] as due_at,
        bool_or(event_type_code = 'RELEASED') as is_released,
        coalesce(sum(quantity) filter (where event_type_code = 'PLACED'), 0) as placed_quantity,
        coalesce(sum(quantity) filter (
            where event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED')
        ), 0) as ended_quantity
    from events
    group by hold_number, garage_code, part_id, condition_code, coalesce(lot_number, '')
),

final as (
    select
        hold_number,
        garage_code,
        part_id,
        condition_code,
        lot_number,
        scope_code,
        hold_reason_code,
        severity_code,
        placed_at,
        due_at,
        placed_quantity,
        placed_quantity - ended_quantity as held_quantity
    from folded
    where not is_released
        and placed_quantity > ended_quantity
)

select * from final
