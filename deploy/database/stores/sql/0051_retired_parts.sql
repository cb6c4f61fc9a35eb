-- A part that is retired is obsolete, whatever it was before: what is there of it is promised to nobody, and stays held
-- until it has left, or the catalogue has the part again as one that is sold.

create index parts_retired on catalogue.parts (part_id) where is_retired;

create or replace function quality_hold.life_cycle_causes(swept_at timestamptz) returns quality_hold.cause[]
    language sql stable
    set search_path = pg_catalog
as $$
    with there as materialized (
        select distinct cells.garage_code, cells.part_id
        from (
            select distinct parts.part_id from catalogue.parts
            where parts.lifecycle_code not in ('2', '7', '8', 'A') or parts.is_retired
        ) as said
        inner join garage_inventory.cells using (part_id)
        where cells.on_hand_quantity > 0 and garage_inventory.is_sellable(cells.condition_code)
    ),

    versions as (
        select distinct on (parts.part_id, parts.valid_from_at) parts.part_id, parts.valid_from_at, parts.recorded_at,
            parts.lifecycle_code, parts.is_retired, cycles.lifecycle_name,
            cycles.is_sold_from_stock and not parts.is_retired as is_sold_from_stock
        from (select distinct there.part_id from there) as named
        inner join catalogue.parts using (part_id)
        inner join catalogue.life_cycles as cycles using (lifecycle_code)
        where parts.valid_from_at <= life_cycle_causes.swept_at
        order by parts.part_id, parts.valid_from_at, parts.revision_number desc
    ),

    -- A version that repeats a life cycle states nothing new: the hold is of the moment since which the part is not sold.
    since as (
        select versions.*, max(versions.valid_from_at) filter (where versions.is_sold_from_stock)
                over (partition by versions.part_id) as sold_until_at,
            last_value(versions.is_sold_from_stock) over (
                partition by versions.part_id order by versions.valid_from_at
                rows between unbounded preceding and unbounded following
            ) as is_sold_now
        from versions
    ),

    withdrawn as (
        select distinct on (since.part_id) since.*
        from since
        where not since.is_sold_now and since.valid_from_at > coalesce(since.sold_until_at, '-infinity')
        order by since.part_id, since.valid_from_at
    )

    select array_agg((numbers.hold_number, 'LIFE_CYCLE', 'LIFE_CYCLE', rules.severity_code, there.garage_code,
        there.part_id, null, null, null, null, true, null, withdrawn.lifecycle_code,
        case when withdrawn.is_retired then 'retired'
            else 'life cycle ' || withdrawn.lifecycle_code || ', ' || withdrawn.lifecycle_name end
            || ': not sold from stock',
        -- Nothing that was sold before we knew is undone.
        least(greatest(withdrawn.valid_from_at, withdrawn.recorded_at), life_cycle_causes.swept_at)
    )::quality_hold.cause)
    from there
    inner join withdrawn using (part_id)
    cross join lateral quality_hold.automatic_rule('LIFE_CYCLE', there.garage_code, there.part_id, null,
        life_cycle_causes.swept_at) as rules
    cross join lateral (
        select quality_hold.automatic_number('LIFE_CYCLE', there.garage_code, withdrawn.lifecycle_code,
            there.part_id::text, extract(epoch from withdrawn.valid_from_at)::text) as hold_number
    ) as numbers
    where rules.is_on and not exists (select from quality_hold.rules where rules.hold_number = numbers.hold_number)
        -- A version that came late may move the moment, and the stock is held already.
        and not exists (
            select from quality_hold.rules as opened
            where opened.automatic_code = 'LIFE_CYCLE' and opened.event_type_code = 'OPENED'
                and (opened.garage_code, opened.part_id) = (there.garage_code, there.part_id)
                and not exists (
                    select from quality_hold.rules as closed
                    where closed.hold_number = opened.hold_number and closed.event_type_code = 'CLOSED'
                )
        )
$$;
comment on function quality_hold.life_cycle_causes is 'Stock of parts that their life cycle does not let be sold, or that are retired, and that nothing holds for that yet. Cost: those parts, of which there are few.';

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
    case when parts.is_retired then 'the part is retired'
        else 'life cycle ' || cycles.lifecycle_code || ' (' || cycles.lifecycle_name || ')' end
        || ': neither ordered nor sold from stock'
from (
    select cells.garage_code, cells.part_id, sum(cells.on_hand_quantity) as quantity
    from garage_inventory.cells
    where cells.on_hand_quantity > 0 and garage_inventory.is_sellable(cells.condition_code)
    group by cells.garage_code, cells.part_id
) as there
inner join (
    select distinct on (versions.part_id) versions.part_id, versions.valid_from_at, versions.lifecycle_code,
        versions.is_retired
    from catalogue.parts as versions
    where versions.valid_from_at <= now()
    order by versions.part_id, versions.valid_from_at desc, versions.revision_number desc
) as parts using (part_id)
inner join catalogue.life_cycles as cycles using (lifecycle_code)
where parts.is_retired or not cycles.is_sold_from_stock
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
