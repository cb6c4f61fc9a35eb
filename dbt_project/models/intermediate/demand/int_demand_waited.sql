with

usage_lines as (
    select * from {{ ref('stg_garage_inventory__usage_lines') }}
),

reservations as (
    select * from {{ ref('int_reservations_summed') }}
),

answers as (
    select * from {{ ref('int_reservations_first_answered') }}
),

-- A line of a work order has one reservation at a time.
followed as (
    select
        *,
        coalesce(lead(requested_at) over (
            partition by garage_code, part_id, work_order_number, work_order_line
            order by requested_at, reservation_number
        ), 'infinity') as next_requested_at
    from reservations
),

-- What was served at once is used first, so what was given up is what waited.
waited as (
    select
        followed.*,
        answers.served_quantity,
        least(answers.unserved_quantity, followed.consumed_quantity - answers.served_quantity) as waited_quantity
    from followed
    -- One row per reservation.
    inner join answers using (reservation_number)
    where followed.consumed_quantity > answers.served_quantity
),

used as (
    select usage_lines.*, waited.reservation_number as used_reservation_number, waited.served_quantity, waited.waited_quantity
    from usage_lines
    inner join waited using (reservation_number, part_id)
    where usage_lines.usage_type_code in ('FITTED', 'SOLD_COUNTER', 'INTERNAL', 'WARRANTY')
    union all
    select usage_lines.*, waited.reservation_number, waited.served_quantity, waited.waited_quantity
    from usage_lines
    inner join waited using (garage_code, part_id, work_order_number, work_order_line)
    where usage_lines.usage_type_code in ('FITTED', 'SOLD_COUNTER', 'INTERNAL', 'WARRANTY')
        and usage_lines.reservation_number is null
        and usage_lines.event_at >= waited.requested_at
        and usage_lines.event_at < waited.next_requested_at
),

placed as (
    select
        *,
        sum(quantity) over (
            partition by used_reservation_number order by event_at, usage_line_id rows unbounded preceding
        ) - served_quantity as beyond_quantity
    from used
),

shared as (
    select
        garage_code,
        part_id,
        {{ utc_day('event_at') }} as demand_on,
        least(greatest(beyond_quantity, 0), waited_quantity)
            - least(greatest(beyond_quantity - quantity, 0), waited_quantity) as waited_quantity
    from placed
    -- The same lines as in the demand of the day.
    where not is_one_off and usage_type_code <> 'WARRANTY'
),

final as (
    select
        garage_code,
        part_id,
        demand_on,
        sum(waited_quantity) as waited_quantity
    from shared
    group by garage_code, part_id, demand_on
    having sum(waited_quantity) > 0
)

select * from final
