-- What a garage gives in all is on its shelf and above its own level, so no unit is promised twice (F15).
with

given_away as (
    select from_garage_code as garage_code, part_id, sum(transfer_quantity) as given_quantity
    from {{ ref('int_transfers_planned') }}
    group by from_garage_code, part_id
)

select *
from given_away
left join {{ ref('int_positions_planned') }} as positions using (garage_code, part_id)
where positions.part_id is null
    or given_away.given_quantity > positions.available_raw_quantity - positions.outbound_transfer_quantity
    or positions.inventory_position_quantity - given_away.given_quantity < positions.order_up_to_quantity
