{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'available_on'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_stock_positions') }}
),

supplies as (
    select * from {{ ref('int_supply_due') }}
),

reservations as (
    select * from {{ ref('int_reservations_open') }}
),

-- What is overdue may come today, and what was needed yesterday is needed today.
changes as (
    select
        garage_code,
        part_id,
        greatest(due_on, {{ as_of_on() }}) as available_on,
        quantity as confirmed_quantity,
        0::numeric as waiting_quantity
    from supplies
    where is_confirmed
    union all
    select
        garage_code,
        part_id,
        greatest(coalesce({{ utc_day('need_by_at') }}, {{ as_of_on() }}), {{ as_of_on() }}),
        0,
        backordered_quantity
    from reservations
    where backordered_quantity > 0
    union all
    select garage_code, part_id, {{ as_of_on() }}, 0, 0
    from positions
),

summed as (
    select
        garage_code,
        part_id,
        available_on,
        sum(confirmed_quantity) as confirmed_quantity,
        sum(waiting_quantity) as waiting_quantity
    from changes
    group by garage_code, part_id, available_on
),

cumulated as (
    select
        summed.garage_code,
        summed.part_id,
        summed.available_on,
        summed.confirmed_quantity,
        summed.waiting_quantity,
        positions.available_raw_quantity
            + sum(summed.confirmed_quantity - summed.waiting_quantity) over (
                partition by summed.garage_code, summed.part_id order by summed.available_on
            ) as available_raw_quantity
    from summed
    -- One row per garage and part on the right side.
    inner join positions using (garage_code, part_id)
),

final as (
    select
        garage_code,
        part_id,
        available_on,
        confirmed_quantity,
        waiting_quantity,
        available_raw_quantity,
        greatest(available_raw_quantity, 0) as available_quantity
    from cumulated
)

select * from final
