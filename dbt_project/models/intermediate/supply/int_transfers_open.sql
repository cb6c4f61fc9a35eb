with

events as (
    select * from {{ ref('stg_garage_inventory__transfer_events') }}
),

conditions as (
    select * from {{ ref('stock_conditions') }}
),

approved as (
    select * from {{ ref('stg_replenishment__transfers_approved') }}
),

pegs as (
    select reservation_number, garage_code as from_garage_code, part_id, sum(reserved_quantity) as pegged_quantity
    from {{ ref('int_reservation_pegs') }}
    group by reservation_number, garage_code, part_id
),

folded as (
    {{ folded_transfers('events') }}
),

-- Units that a reservation has in the other garage are reserved there already, and nobody else's here.
pegged as (
    select
        folded.*,
        least(folded.open_quantity, greatest(
            coalesce(pegs.pegged_quantity, 0) - (
                sum(folded.open_quantity) over (
                    partition by folded.reservation_number, folded.from_garage_code, folded.part_id
                    order by folded.transfer_number
                ) - folded.open_quantity
            ),
            0
        )) as pegged_quantity
    from folded
    -- Every condition is on the list once; at most one row per reservation, garage and part further right.
    inner join conditions using (condition_code)
    left join pegs using (reservation_number, from_garage_code, part_id)
    where conditions.is_sellable
        and (folded.open_quantity > 0 or folded.in_transit_quantity > 0)
),

final as (
    select
        transfer_number,
        from_garage_code,
        to_garage_code,
        part_id,
        coalesce({{ utc_day('due_at') }}, {{ as_of_on() }}) as due_on,
        greatest(open_quantity, 0) - greatest(pegged_quantity, 0) as requested_quantity,
        greatest(in_transit_quantity, 0) as in_transit_quantity
    from pegged
    union all
    -- Approved is as good as asked for, so that the next run promises no unit of it to anybody else.
    select
        transfer_number,
        from_garage_code,
        to_garage_code,
        part_id,
        coalesce(due_on, {{ as_of_on() }}),
        quantity,
        0
    from approved
)

select * from final
