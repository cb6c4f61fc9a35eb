-- What is left of a shipment that arrived in part, or under a supplier's own number of the garage, may be missing as well.

create or replace view garage_inventory.negative_cells as
with supplies as materialized (
    select open.* from replenishment.supplies_open_of(array(
        select distinct cells.part_id from garage_inventory.cells where cells.on_hand_quantity < 0
    )) as open
    where open.stage_code = 'SHIPPED'
)

select negative.garage_code, negative.part_id, negative.condition_code, negative.lot_number,
    negative.on_hand_quantity as quantity, greatest(negative.counted_at, negative.moved_at) as since_at,
    case
        when causes.missing_receipt is not null then 'MISSING_RECEIPT'
        when causes.wrong_lot is not null then 'WRONG_LOT'
        when causes.wrong_unit is not null then 'WRONG_UNIT'
        when causes.late_feed is not null then 'LATE_FEED'
        else 'UNKNOWN'
    end as suspected_cause_code,
    coalesce(causes.missing_receipt, causes.wrong_lot, causes.wrong_unit, causes.late_feed,
        'nothing that is known explains it: count the cell') as words
from garage_inventory.cells as negative
cross join lateral (
    select
        coalesce(
            (
                select 'transfer ' || states.transfer_number || ' is on its way with ' || states.in_transit_quantity
                from garage_inventory.transfer_states as states
                where states.part_id = negative.part_id and states.to_garage_code = negative.garage_code
                    and states.condition_code = negative.condition_code and states.in_transit_quantity > 0
                order by states.shipped_at
                limit 1
            ),
            (
                select 'of shipment ' || supplies.document_number || ' of ' || supplies.supplier_code || ' '
                    || trim_scale(supplies.quantity) || ' were announced and not received'
                from supplies
                where supplies.part_id = negative.part_id
                    and coalesce(supplies.garage_code, negative.garage_code) = negative.garage_code
                order by supplies.expected_on nulls last, supplies.document_number
                limit 1
            )
        ) as missing_receipt,
        (
            select 'lot ' || coalesce(nullif(others.lot_number, ''), 'none') || ' has ' || others.on_hand_quantity
            from garage_inventory.cells as others
            where (others.part_id, others.garage_code, others.condition_code)
                    = (negative.part_id, negative.garage_code, negative.condition_code)
                and others.lot_number <> negative.lot_number
                and others.on_hand_quantity >= -negative.on_hand_quantity
            order by others.on_hand_quantity desc
            limit 1
        ) as wrong_lot,
        (
            -- Taken out as pieces what was meant as one pack, or taken in as one piece what was a pack.
            select movements.document_number || ' moved ' || movements.quantity || ', and one ' || packs.uom_code || ' is '
                || trim_scale(packs.factor_quantity)
            from (
                select distinct on (packs.uom_code) packs.*
                from catalogue.packs
                where packs.part_id = negative.part_id and packs.valid_from_at <= now()
                order by packs.uom_code, packs.valid_from_at desc, packs.revision_number desc
            ) as packs
            inner join garage_inventory.movements
                on (movements.garage_code, movements.part_id, movements.condition_code)
                    = (negative.garage_code, negative.part_id, negative.condition_code)
                and coalesce(movements.lot_number, '') = negative.lot_number
                and movements.event_at > coalesce(negative.counted_at, '-infinity')
            where not packs.is_retired and packs.factor_quantity > 1
                and case when movements.quantity < 0
                    then mod(-movements.quantity, packs.factor_quantity) = 0
                        and negative.on_hand_quantity - movements.quantity
                            + movements.quantity / packs.factor_quantity >= 0
                    else negative.on_hand_quantity + movements.quantity * (packs.factor_quantity - 1) >= 0
                end
            order by movements.event_at desc
            limit 1
        ) as wrong_unit,
        (
            select 'garage ' || negative.garage_code || ' has sent nothing since '
                || to_char(max(greatest(cells.counted_at, cells.moved_at)) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
            from garage_inventory.cells
            where cells.garage_code = negative.garage_code
            having max(greatest(cells.counted_at, cells.moved_at)) < now() - interval '48 hours'
        ) as late_feed
) as causes
where negative.on_hand_quantity < 0;
