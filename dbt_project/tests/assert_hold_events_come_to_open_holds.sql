-- What the last event of a hold on a cell leaves open is what the hold has open (F2).
with

ended as (
    select distinct on (hold_number, garage_code, part_id, condition_code, lot_number)
        hold_number,
        garage_code,
        part_id,
        condition_code,
        lot_number,
        open_quantity as left_quantity
    from {{ ref('fct_quality_hold_events') }}
    order by hold_number, garage_code, part_id, condition_code, lot_number, sequence_number desc, event_id desc
)

select *
from ended
-- One row per hold and cell on both sides.
full join {{ ref('fct_quality_holds') }} as holds using (hold_number, garage_code, part_id, condition_code, lot_number)
where greatest(coalesce(ended.left_quantity, 0), 0) <> coalesce(holds.open_quantity, 0)
