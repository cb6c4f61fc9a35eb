-- A sweep costs what lapses: nothing is gone through once for each of its rows.

create or replace function reservation.end_units(endings reservation.ending[], actor text, recorded_at timestamptz)
    returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
    set join_collapse_limit = 1
as $$
declare
    changed_count integer;
begin
    -- What was given is named once and carried on: joined again, an array would be gone through for each of its rows.
    with ranked as (
        select given.reservation_number, given.event_type_code, given.peg_quantity, given.event_at, given.reason,
            given.caused_by_code, given.caused_by_number, pegs.garage_code, pegs.condition_code, pegs.lot_number,
            pegs.quantity,
            row_number() over (
                partition by given.reservation_number
                order by pegs.lot_number is distinct from given.lot_number, pegs.garage_code <> states.garage_code,
                    cells.expires_on nulls last, cells.received_at nulls last, pegs.lot_number, pegs.garage_code,
                    pegs.condition_code
            ) as place
        from unnest(end_units.endings) as given
        inner join reservation.states using (reservation_number)
        inner join reservation.pegs using (reservation_number)
        inner join garage_inventory.cells on cells.part_id = pegs.part_id
            and cells.garage_code = pegs.garage_code and cells.condition_code = pegs.condition_code
            and cells.lot_number = pegs.lot_number
        where pegs.quantity > 0
    ),

    -- What is used goes first as lots are picked (F17), what is given back goes last.
    ordered as (
        select ranked.*,
            sum(ranked.quantity) over (
                partition by ranked.reservation_number
                order by case when ranked.event_type_code = 'CONSUMED' then ranked.place else -ranked.place end
                rows unbounded preceding
            ) - ranked.quantity as quantity_before
        from ranked
    ),

    taken as (
        select ordered.reservation_number, ordered.event_type_code, ordered.event_at, ordered.reason,
            ordered.caused_by_code, ordered.caused_by_number, ordered.garage_code as peg_garage_code,
            ordered.condition_code, ordered.lot_number,
            least(ordered.quantity, ordered.peg_quantity - ordered.quantity_before) as quantity
        from ordered
        where ordered.quantity_before < ordered.peg_quantity
    ),

    entries as (
        select taken.*, -taken.quantity as peg_quantity from taken
        union all
        select changes.reservation_number, max(changes.event_type_code), max(changes.event_at), max(changes.reason),
            max(changes.caused_by_code), max(changes.caused_by_number), null, null, null, sum(changes.quantity), 0
        from (
            select given.reservation_number, given.event_type_code, given.event_at, given.reason,
                given.caused_by_code, given.caused_by_number, given.quantity
            from unnest(end_units.endings) as given
            union all
            select taken.reservation_number, null, null, null, null, null, -taken.quantity from taken
        ) as changes
        group by changes.reservation_number
        having sum(changes.quantity) > 0
    ),

    numbered as (
        select states.*, entries.event_type_code, entries.reason, entries.caused_by_code, entries.caused_by_number,
            entries.peg_garage_code, coalesce(entries.condition_code, states.condition_code) as peg_condition_code,
            nullif(entries.lot_number, '') as peg_lot_number, entries.quantity, entries.peg_quantity,
            -- What lapses does so at its moment; other news of the past changes what holds from now on.
            case when entries.event_type_code = 'EXPIRED' then entries.event_at
                else greatest(entries.event_at, states.last_event_at) end as event_at,
            states.last_sequence_number + row_number() over (
                partition by entries.reservation_number
                order by entries.peg_garage_code nulls last, entries.condition_code, entries.lot_number
            ) as sequence_number
        from entries
        inner join reservation.states using (reservation_number)
    )

    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
        peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority, need_by_at, expires_at,
        allows_other_garages, minimum_remaining_days, reason, caused_by_code, caused_by_number, event_at, source_code,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select numbered.reservation_number, numbered.sequence_number, numbered.event_type_code, numbered.garage_code,
        numbered.part_id, numbered.peg_condition_code, numbered.peg_lot_number, numbered.peg_garage_code, numbered.quantity,
        numbered.peg_quantity, numbered.work_order_number, numbered.work_order_line, numbered.priority,
        numbered.need_by_at, numbered.expires_at, numbered.allows_other_garages, numbered.minimum_remaining_days,
        numbered.reason, numbered.caused_by_code, numbered.caused_by_number, numbered.event_at, 'partsbay',
        keys.idempotency_key, keys.idempotency_key, end_units.actor, end_units.recorded_at
    from numbered
    cross join lateral (
        select reservation.event_key(numbered.reservation_number, numbered.sequence_number) as idempotency_key
    ) as keys
    order by numbered.part_id, numbered.garage_code, numbered.reservation_number, numbered.sequence_number;
    get diagnostics changed_count = row_count;
    return changed_count;
end
$$;

-- Joins are made in the order in which they are written: from what is given to what is stored, by its keys.
alter function reservation.lapse set join_collapse_limit = 1;
alter function reservation.expire set join_collapse_limit = 1;
