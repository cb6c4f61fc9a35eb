-- What a reversed line of usage had consumed is asked for again.
--
-- A reversal is as if the line had never been (F1), and a ledger is never edited: the reservation asks again for the
-- units that are back, keeps its place in the queue, and gets them before who comes after it. Lines that were reversed
-- are no use of anything, in whatever order line, reversal and request come.

create function reservation.usage_of(reservation_numbers text[]) returns table (
    reservation_number text, own_quantity numeric, reopened_quantity numeric, stated_quantity numeric,
    used_quantity numeric, used_at timestamptz, named_lot_number text, unnamed_lot_number text
)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
    select own.reservation_number, told.own_quantity, told.reopened_quantity, told.stated_quantity,
        greatest(
            named.quantity + least(
                greatest(unnamed.quantity - before.quantity, 0), own.requested_quantity - told.reopened_quantity
            ),
            fitted.quantity
        ),
        greatest(named.event_at, unnamed.event_at), named.lot_number, unnamed.lot_number
    from reservation.states as own
    cross join lateral (
        select
            coalesce(sum(events.quantity) filter (
                where events.event_type_code = 'CONSUMED' and events.source_code = 'partsbay'
            ), 0) as own_quantity,
            coalesce(sum(events.quantity) filter (
                where events.event_type_code = 'REQUESTED' and events.caused_by_code = 'REVERSAL'
            ), 0) as reopened_quantity,
            coalesce(sum(events.quantity) filter (
                where events.event_type_code = 'CONSUMED' and events.source_code <> 'partsbay'
            ), 0) as stated_quantity
        from reservation.events
        where events.reservation_number = own.reservation_number
    ) as told
    cross join lateral (
        select coalesce(sum(lines.quantity), 0) as quantity, max(lines.event_at) as event_at,
            min(lines.lot_number) as lot_number
        from garage_inventory.usage_lines as lines
        where lines.reservation_number = own.reservation_number and lines.part_id = own.part_id
            and lines.source_code <> 'partsbay' and reservation.is_consuming(lines.usage_type_code)
            and lines.event_at < coalesce(own.expires_at, 'infinity')
            and not exists (select from garage_inventory.reversals where reversals.reverses_id = lines.usage_line_id)
    ) as named
    -- Lines that name no reservation are met by those of their work order line, the first asked for first.
    cross join lateral (
        select coalesce(sum(lines.quantity), 0) as quantity, max(lines.event_at) as event_at,
            min(lines.lot_number) as lot_number
        from garage_inventory.usage_lines as lines
        where (lines.garage_code, lines.work_order_number, lines.work_order_line)
                = (own.garage_code, own.work_order_number, own.work_order_line)
            and lines.part_id = own.part_id and lines.reservation_number is null
            and lines.source_code <> 'partsbay' and reservation.is_consuming(lines.usage_type_code)
            and lines.event_at < coalesce(own.expires_at, 'infinity')
            and not exists (select from garage_inventory.reversals where reversals.reverses_id = lines.usage_line_id)
    ) as unnamed
    cross join lateral (
        select coalesce(sum(lines.quantity), 0) as quantity
        from garage_inventory.usage_lines as lines
        where lines.reservation_number = own.reservation_number and lines.source_code = 'partsbay'
            and reservation.is_consuming(lines.usage_type_code)
            and not exists (select from garage_inventory.reversals where reversals.reverses_id = lines.usage_line_id)
    ) as fitted
    cross join lateral (
        select coalesce(sum(case when others.due_quantity > 0 then others.requested_quantity - others.ended_quantity
            else others.consumed_quantity end - reopened.quantity), 0) as quantity
        from reservation.states as others
        cross join lateral (
            select coalesce(sum(events.quantity), 0) as quantity
            from reservation.events
            where events.reservation_number = others.reservation_number and events.event_type_code = 'REQUESTED'
                and events.caused_by_code = 'REVERSAL'
        ) as reopened
        where (others.garage_code, others.work_order_number, others.work_order_line)
                = (own.garage_code, own.work_order_number, own.work_order_line)
            and others.part_id = own.part_id
            and (others.requested_at, others.reservation_number) < (own.requested_at, own.reservation_number)
    ) as before
    where own.reservation_number = any (usage_of.reservation_numbers)
$$;
comment on function reservation.usage_of is 'What lines of usage that stand say was used of these reservations, beside what was entered as consumed (own, or stated by the garage) and asked for again after a reversal (reopened).';

create or replace function reservation.meet_usage(reservation_numbers text[], recorded_at timestamptz) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    endings reservation.ending[];
begin
    with met as (
        select states.*, used.own_quantity, used.stated_quantity, used.used_at,
            coalesce(used.named_lot_number, used.unnamed_lot_number) as used_lot_number,
            least(
                used.used_quantity - used.own_quantity + used.reopened_quantity,
                states.requested_quantity - states.ended_quantity - used.own_quantity
            ) as quantity
        from reservation.usage_of(array(
            select states.reservation_number from reservation.states
            where states.reservation_number = any (meet_usage.reservation_numbers) and states.due_quantity > 0
        )) as used
        inner join reservation.states using (reservation_number)
    )

    select array_agg((met.reservation_number, 'CONSUMED', met.used_lot_number, met.quantity,
        -- What the garage stated as consumed has left the reservation already.
        least(met.reserved_quantity, greatest(met.stated_quantity, met.own_quantity + met.quantity)
            - greatest(met.stated_quantity, met.own_quantity)),
        met.used_at, null, 'WORK_ORDER', met.work_order_number)::reservation.ending) into endings
    from met
    where met.quantity > 0 and met.used_at is not null;
    if endings is null then
        return 0;
    end if;
    return reservation.end_units(endings, 'allocation', meet_usage.recorded_at);
end
$$;

create function reservation.reopen(usage_line_ids uuid[], actor text, recorded_at timestamptz) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    changed_count integer;
begin
    with undone as (
        select lines.usage_line_id, lines.quantity, lines.event_at, states.reservation_number, states.requested_at
        from garage_inventory.usage_lines as lines
        inner join reservation.states on states.part_id = lines.part_id and (
            states.reservation_number = lines.reservation_number
            or lines.reservation_number is null
                and (states.garage_code, states.work_order_number, states.work_order_line)
                    = (lines.garage_code, lines.work_order_number, lines.work_order_line)
        )
        where lines.usage_line_id = any (reopen.usage_line_ids) and reservation.is_consuming(lines.usage_type_code)
    ),

    -- Consumed, and by no line that stands: of who asked last first, and never more than was undone.
    missing as (
        select undone.*, least(
                undone.quantity,
                greatest(used.own_quantity - used.reopened_quantity - used.used_quantity, 0)
            ) as missing_quantity
        from undone
        inner join reservation.usage_of(array(select distinct undone.reservation_number from undone)) as used
            using (reservation_number)
    ),

    ranked as (
        select missing.*,
            sum(missing.missing_quantity) over (
                partition by missing.usage_line_id order by missing.requested_at desc, missing.reservation_number desc
                rows unbounded preceding
            ) - missing.missing_quantity as quantity_before
        from missing
    ),

    entries as (
        select ranked.reservation_number, min(ranked.usage_line_id::text) as usage_line_id,
            max(ranked.event_at) as event_at,
            least(max(ranked.missing_quantity), sum(least(
                ranked.missing_quantity, greatest(ranked.quantity - ranked.quantity_before, 0)
            ))) as quantity
        from ranked
        group by ranked.reservation_number
    )

    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number, quantity,
        work_order_number, work_order_line, priority, need_by_at, expires_at, allows_other_garages,
        minimum_remaining_days, reason, caused_by_code, caused_by_number, event_at, source_code, idempotency_key,
        payload_hash, actor, recorded_at
    )
    select states.reservation_number, states.last_sequence_number + 1, 'REQUESTED', states.garage_code, states.part_id,
        states.condition_code, nullif(states.lot_number, ''), entries.quantity, states.work_order_number,
        states.work_order_line, states.priority, states.need_by_at, states.expires_at, states.allows_other_garages,
        states.minimum_remaining_days, 'the line of usage that consumed it was reversed', 'REVERSAL',
        entries.usage_line_id, greatest(entries.event_at, states.last_event_at), 'partsbay', keys.idempotency_key,
        keys.idempotency_key, reopen.actor, reopen.recorded_at
    from entries
    inner join reservation.states using (reservation_number)
    cross join lateral (
        select reservation.event_key(states.reservation_number, states.last_sequence_number + 1) as idempotency_key
    ) as keys
    where entries.quantity > 0
    order by states.reservation_number;
    get diagnostics changed_count = row_count;
    return changed_count;
end
$$;
comment on function reservation.reopen is 'Ask again for what these reversed lines of usage had consumed. The positions are locked and settled by the caller.';

create or replace function garage_inventory.move_reversed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform reservation.reopen(array_agg(added.reverses_id), min(added.actor), max(added.recorded_at))
    from added where added.line_code = 'USAGE';
    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at, reverses_id
    )
    select garage_inventory.key_id(keys.idempotency_key), movements.garage_code, movements.part_id,
        movements.lot_number, movements.condition_code, 'REVERSAL', -movements.quantity, 'REVERSAL',
        movements.document_number, movements.document_line, movements.event_at, 'partsbay', keys.idempotency_key,
        added.actor, added.recorded_at, movements.movement_id
    from added
    cross join lateral unnest(array[
        added.reverses_key, garage_inventory.other_key(added.reverses_key, 'to condition')
    ]) as undone (idempotency_key)
    inner join garage_inventory.movements on movements.idempotency_key = undone.idempotency_key
    cross join lateral (
        select garage_inventory.other_key(movements.idempotency_key, 'reversal') as idempotency_key
    ) as keys
    order by keys.idempotency_key;
    -- Also where the line had moved nothing.
    perform reservation.follow(
        array_agg(added.garage_code), array_agg(added.part_id), max(added.event_at), max(added.recorded_at), 'REVERSAL',
        min(added.reversal_id::text)
    ) from added where added.line_code = 'USAGE' having count(*) > 0;
    return null;
end
$$;

revoke execute on function reservation.usage_of, reservation.reopen from public;
-- When something became free, and for whom, the ledgers say: nobody settles at a moment of his own.
revoke execute on function reservation.settle, reservation.follow from partsbay_pipeline;
