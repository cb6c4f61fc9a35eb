-- What leaves a garage, proposed or suggested, is on its shelf and above its own level, so no unit is promised twice (F15).
with

given_away as (
    select from_garage_code as garage_code, part_id, sum(move_quantity) as given_quantity
    from {{ ref('int_moves_suggested') }}
    group by from_garage_code, part_id
),

returned as (
    select garage_code, part_id, proposed_quantity as returned_quantity
    from {{ ref('int_returns_planned') }}
),

leaving as (
    select
        garage_code,
        part_id,
        coalesce(given_away.given_quantity, 0) + greatest(
            case when excess.action_code in ('RETURN', 'SELL', 'WRITE_DOWN') then excess.affected_quantity end,
            returned.returned_quantity,
            0
        ) as leaving_quantity
    from given_away
    full join {{ ref('fct_excess_stock') }} as excess using (garage_code, part_id)
    full join returned using (garage_code, part_id)
)

select *
from leaving
left join {{ ref('int_positions_planned') }} as positions using (garage_code, part_id)
where leaving.leaving_quantity > 0
    and (
        positions.part_id is null
        or leaving.leaving_quantity > positions.available_raw_quantity - positions.outbound_transfer_quantity
        or positions.inventory_position_quantity - leaving.leaving_quantity < positions.order_up_to_quantity
    )
