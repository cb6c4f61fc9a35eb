{{ config(pre_hook=group_by_sorting()) }}

with

counts as (
    select * from {{ ref('stg_garage_inventory__counts') }}
),

movements as (
    select * from {{ ref('stg_garage_inventory__movements') }}
),

-- A cell counted in several bins is one count: the bins together say what is there.
counted as (
    select
        garage_code,
        part_id,
        coalesce(lot_number, '') as lot_number,
        condition_code,
        count_number,
        max(event_at) as event_at,
        sum(counted_quantity) as quantity
    from counts
    group by garage_code, part_id, coalesce(lot_number, ''), condition_code, count_number
),

moved as (
    select
        garage_code,
        part_id,
        coalesce(lot_number, '') as lot_number,
        condition_code,
        event_at,
        sum(quantity) as quantity,
        bool_or(quantity > 0) as is_inbound
    from movements
    group by garage_code, part_id, coalesce(lot_number, ''), condition_code, event_at
),

events as (
    select garage_code, part_id, lot_number, condition_code, event_at, 0 as is_count, '' as count_number, quantity,
        is_inbound
    from moved
    union all
    select garage_code, part_id, lot_number, condition_code, event_at, 1, count_number, quantity, true
    from counted
),

-- A count opens a new segment; a movement at the very moment of a count was seen by it and lies before it.
segmented as (
    select
        *,
        sum(is_count) over cell as segment_number
    from events
    window cell as (
        partition by garage_code, part_id, lot_number, condition_code
        order by event_at, is_count, count_number
    )
),

balanced as (
    select
        *,
        sum(quantity) over (
            partition by garage_code, part_id, lot_number, condition_code, segment_number
            order by event_at, is_count, count_number
        ) as balance_quantity
    from segmented
),

final as (
    select
        garage_code,
        part_id,
        lot_number,
        condition_code,
        segment_number,
        event_at,
        is_count = 1 as is_count,
        is_inbound,
        balance_quantity,
        balance_quantity - lag(balance_quantity, 1, 0::numeric) over cell as change_quantity,
        lead(event_at) over cell is null as is_last,
        -- What came to be known later is not in here.
        now() as read_at
    from balanced
    window cell as (
        partition by garage_code, part_id, lot_number, condition_code
        order by segment_number, event_at, is_count
    )
)

select * from final
