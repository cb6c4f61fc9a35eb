{{ config(indexes=[{'columns': ['event_id'], 'unique': true}]) }}

with

events as (
    select *, coalesce(lot_number, '') as cell_lot_number from {{ ref('stg_quality_hold__events') }}
),

-- What is open of a hold on a cell after each of its events (F2); once it is released, nothing is.
folded as (
    select
        *,
        case
            when bool_or(event_type_code = 'RELEASED') over so_far then 0
            else coalesce(sum(quantity) filter (where event_type_code = 'PLACED') over so_far, 0)
                - coalesce(sum(quantity) filter (
                    where event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED')
                ) over so_far, 0)
        end as open_quantity
    from events
    window so_far as (
        partition by hold_number, garage_code, part_id, condition_code, cell_lot_number
        order by sequence_number, event_id
        rows between unbounded preceding and current row
    )
),

final as (
    select
        event_id,
        garage_code,
        part_id,
        condition_code,
        cell_lot_number as lot_number,
        event_at,
        open_quantity - lag(open_quantity, 1, 0) over (
            partition by hold_number, garage_code, part_id, condition_code, cell_lot_number
            order by sequence_number, event_id
        ) as change_quantity,
        open_quantity
    from folded
)

select * from final
