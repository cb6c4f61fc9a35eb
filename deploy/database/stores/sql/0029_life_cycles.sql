-- What each life cycle allows: a part may be sold from stock that is ordered no more, and some are neither.

-- The same in every region, so no rows of a table that regions copy from each other.
create view catalogue.life_cycles as
select *
from (
    values
        ('0', 'proposed', false, false),
        ('1', 'released', false, false),
        ('2', 'available to order', true, true),
        ('3', 'electronically announced', false, false),
        ('4', 'announced', false, false),
        ('5', 'temporarily unavailable', false, false),
        ('6', 'renumbered', false, false),
        ('7', 'superseded', false, true),
        ('8', 'discontinued', false, true),
        ('9', 'obsolete', false, false),
        ('A', 'only while supplies last', true, true)
) as cycles (lifecycle_code, lifecycle_name, is_orderable, is_sold_from_stock);
comment on view catalogue.life_cycles is 'One row per life-cycle status of PIES: whether such a part is ordered, and whether it is sold from stock.';
grant select on catalogue.life_cycles to partsbay_pipeline;

create or replace view garage_inventory.exceptions as
select 'NEGATIVE_STOCK' as exception_code, garage_code, part_id, condition_code, lot_number, quantity, since_at,
    suspected_cause_code, null::text as document_number, words
from garage_inventory.negative_cells
union all
select 'OVERCOMMIT', garage_code, part_id, null, null, available_raw_quantity, null, null, null,
    -available_raw_quantity || ' more are held and promised than are there'
from garage_inventory.availability
where available_raw_quantity < 0
union all
select 'HOLD_EXCEEDS_STOCK', garage_code, part_id, condition_code, lot_number, hold_quantity, null, null, null,
    hold_quantity || ' are on hold, and ' || greatest(on_hand_quantity, 0) || ' are there'
from garage_inventory.cells
where hold_quantity > greatest(on_hand_quantity, 0)
union all
-- Both from one look at the counts, which is most of the cost of this view.
select kinds.exception_code, variances.garage_code, variances.part_id, variances.condition_code, variances.lot_number,
    kinds.quantity, variances.counted_at, null, variances.count_number, kinds.words
from garage_inventory.count_variances_at('infinity') as variances
cross join lateral (
    values
        ('COUNT_VARIANCE', variances.needs_recount, variances.variance_quantity,
            variances.counted_quantity || ' were counted, and ' || variances.expected_quantity
                || ' expected: count again'),
        ('SYSTEM_DIFFERENCE', variances.system_difference_quantity <> 0 and not variances.is_counted_again
                and not variances.is_opening, variances.system_difference_quantity,
            'the garage''s system had ' || variances.system_quantity || ', and we ' || variances.expected_quantity)
) as kinds (exception_code, is_found, quantity, words)
where kinds.is_found
union all
select 'PENDING_APPROVAL', garage_code, part_id, condition_code, lot_number, quantity, recorded_at, null,
    adjustment_number, 'line ' || adjustment_line || ' (' || adjustment_reason_code || ') by ' || actor
        || ' waits for a second person'
from garage_inventory.adjustment_states
where state_code = 'PENDING' and recorded_at < now() - interval '48 hours'
union all
select 'TRANSFER_OVERDUE', to_garage_code, part_id, condition_code, lot_number,
    case when in_transit_quantity > 0 then in_transit_quantity else open_quantity end,
    coalesce(shipped_at, requested_at), null, transfer_number,
    case when in_transit_quantity > 0 then in_transit_quantity || ' left ' || from_garage_code || ' and did not arrive'
        else open_quantity || ' were asked of ' || from_garage_code || ' and not shipped' end
from garage_inventory.transfer_states
where (in_transit_quantity > 0 or open_quantity > 0)
    and coalesce(due_at, case when in_transit_quantity > 0 then shipped_at + interval '7 days'
        else requested_at + interval '3 days' end) < now()
union all
select 'LIFE_CYCLE', there.garage_code, there.part_id, null, null, there.quantity, parts.valid_from_at, null, null,
    'life cycle ' || cycles.lifecycle_code || ' (' || cycles.lifecycle_name || '): neither ordered nor sold from stock'
from (
    select cells.garage_code, cells.part_id, sum(cells.on_hand_quantity) as quantity
    from garage_inventory.cells
    where cells.on_hand_quantity > 0 and garage_inventory.is_sellable(cells.condition_code)
    group by cells.garage_code, cells.part_id
) as there
inner join catalogue.parts_at() as parts using (part_id)
inner join catalogue.life_cycles as cycles using (lifecycle_code)
where not cycles.is_sold_from_stock;
