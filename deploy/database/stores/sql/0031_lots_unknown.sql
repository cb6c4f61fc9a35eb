-- What a garage should look at: stock that is neither ordered nor sold by its life cycle, and stock that a recall, or
-- picking by expiry, cannot see, for nobody said the lot, or until when it keeps.

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
where not cycles.is_sold_from_stock
union all
select kinds.exception_code, cells.garage_code, cells.part_id, cells.condition_code, cells.lot_number,
    cells.on_hand_quantity, greatest(cells.counted_at, cells.moved_at), null, null, kinds.words
from garage_inventory.cells
inner join catalogue.parts_at() as parts using (part_id)
cross join lateral (
    values
        ('LOT_UNKNOWN', parts.is_lot_tracked and cells.lot_number = '',
            'the part is tracked by lot, and nobody said which these are: a recall finds them only as unknown'),
        ('EXPIRY_UNKNOWN', parts.shelf_life_days is not null and cells.expires_on is null,
            'the part keeps ' || parts.shelf_life_days || ' days, and nobody said since or until when: it is picked last')
) as kinds (exception_code, is_found, words)
where cells.on_hand_quantity > 0 and cells.condition_code <> 'IN_TRANSIT' and kinds.is_found;

-- ------------------------------------------------------------------ audit

create index records_by_correlation on audit.records (correlation_id) where correlation_id is not null;
