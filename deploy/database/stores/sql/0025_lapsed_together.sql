-- What lapses in many parts goes on to who waits in a few statements, not in some for each moment of each part.
--
-- Parts do not touch each other, so each may have news of a moment of its own.

drop function reservation.allotted;
create function reservation.allotted(garage_codes text[], part_ids uuid[], moments timestamptz[])
    returns reservation.match[]
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    supplies reservation.supply[];
    waiting record;
    needs reservation.need[];
    got reservation.match[];
    matches reservation.match[] := '{}';
    pass integer;
begin
    select array_agg((capacities.garage_code, capacities.part_id, capacities.condition_code, '',
        capacities.garage_code, capacities.lot_number, capacities.capacity_quantity - capacities.reserved_quantity,
        capacities.expires_on, capacities.received_at)::reservation.supply) into supplies
    from garage_inventory.capacities(allotted.garage_codes, allotted.part_ids) as capacities
    where capacities.capacity_quantity > capacities.reserved_quantity;
    if supplies is null then
        return matches;
    end if;

    select array_agg((states.garage_code, states.part_id, states.condition_code, states.lot_number,
            states.reservation_number, states.backordered_quantity, coalesce(states.need_by_at, states.requested_at),
            states.priority, states.requested_at, states.minimum_remaining_days, states.is_promised,
            states.allows_other_garages)::reservation.need) as needs,
        bool_or(states.lot_number <> '') as have_lots, bool_or(states.is_promised) as have_promises,
        bool_or(states.allows_other_garages) as have_others into waiting
    from unnest(allotted.garage_codes, allotted.part_ids, allotted.moments) as given (garage_code, part_id, moment)
    inner join reservation.states using (garage_code, part_id)
    where states.backordered_quantity > 0
        and (states.expires_at is null or states.expires_at > given.moment);

    -- First whoever named a lot, then promises that garages stated before they were known here, then the queue,
    -- and last what other garages can spare.
    for pass in 1..4 loop
        continue when (pass = 1 and not waiting.have_lots) or (pass = 2 and not waiting.have_promises)
            or (pass = 4 and not waiting.have_others);
        exit when waiting.needs is null or supplies is null;
        if pass = 3 and not (waiting.have_lots or waiting.have_promises) then
            needs := waiting.needs;
        else
            select array_agg((case when pass = 4 then '' else needing.garage_code end, needing.part_id,
                needing.condition_code, needing.lot_number, needing.reservation_number,
                needing.quantity - inbound.quantity, needing.need_at, needing.priority, needing.requested_at,
                needing.minimum_remaining_days, needing.is_promised, needing.allows_other_garages)::reservation.need)
            into needs
            from unnest(waiting.needs) as needing
            -- Another garage need not send what is on its way already.
            cross join lateral (
                select case when pass = 4 and needing.allows_other_garages
                    then reservation.inbound_quantity(needing.reservation_number) else 0 end as quantity
            ) as inbound
            where needing.quantity > inbound.quantity
                and case pass
                    when 1 then needing.lot_number <> ''
                    when 2 then needing.lot_number = '' and needing.is_promised
                    when 3 then needing.lot_number = '' and not needing.is_promised
                    else needing.lot_number = '' and needing.allows_other_garages
                end;
        end if;
        continue when needs is null;
        got := array(
            select matched
            from reservation.matched(needs, case when pass in (2, 3) then supplies else array(
                select (case when pass = 4 then '' else free.garage_code end, free.part_id, free.condition_code,
                    case when pass = 1 then free.lot_number else '' end, free.garage_code, free.lot_number,
                    free.quantity, free.expires_on, free.received_at)::reservation.supply
                from unnest(supplies) as free
            ) end) as matched
        );
        matches := matches || got;
        exit when pass = 4 or (pass = 3 and not waiting.have_others);
        waiting.needs := reservation.still_needed(waiting.needs, got);
        supplies := reservation.still_free(supplies, got);
    end loop;
    return matches;
end
$$;
comment on function reservation.allotted is 'Who gets how many of which cell of what these positions have free now, where each has news of a moment of its own.';

create function reservation.enter_allotted(
    garage_codes text[], part_ids uuid[], moments timestamptz[], causes text[], matches reservation.match[],
    recorded_at timestamptz, caused_by_code text, actor text
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    changed_count integer;
begin
    with news as (
        select given.garage_code, given.part_id, max(given.moment) as moment, max(given.cause) as cause
        from unnest(
            enter_allotted.garage_codes, enter_allotted.part_ids, enter_allotted.moments, enter_allotted.causes
        ) as given (garage_code, part_id, moment, cause)
        group by given.garage_code, given.part_id
    ),

    got as (
        select matched.*,
            sum(matched.quantity) over (partition by matched.reservation_number) as got_quantity
        from unnest(enter_allotted.matches) as matched
    ),

    -- Whoever waits and was not told yet, with what remains to wait for.
    short as (
        select changes.reservation_number, sum(changes.quantity) as quantity
        from (
            select states.reservation_number, states.backordered_quantity - case when states.allows_other_garages
                then reservation.inbound_quantity(states.reservation_number) else 0 end as quantity
            from unnest(enter_allotted.garage_codes, enter_allotted.part_ids) as given (garage_code, part_id)
            inner join reservation.states using (garage_code, part_id)
            where states.backordered_quantity > 0 and not states.is_tried
            union all
            select matched.reservation_number, -matched.quantity from unnest(enter_allotted.matches) as matched
        ) as changes
        group by changes.reservation_number
        having sum(changes.quantity) > 0
    ),

    entries as (
        select got.reservation_number, states.last_sequence_number, steps.step,
            case when steps.step = 2 then 'TRANSFER_REQUESTED'
                when states.last_event_type_code = 'REPEGGED' then 'REPEGGED'
                when states.backordered_quantity = got.got_quantity then 'RESERVED'
                else 'PARTIALLY_RESERVED' end as event_type_code,
            nullif(got.lot_number, '') as peg_lot_number, got.garage_code as peg_garage_code, got.quantity,
            case steps.step when 1 then got.quantity else 0 end as peg_quantity, null::text as shortage_reason_code,
            null::jsonb as obstacles,
            states.garage_code, states.part_id
        from got
        inner join reservation.states using (reservation_number)
        inner join (values (1), (2)) as steps (step) on steps.step = 1 or got.garage_code <> states.garage_code
        union all
        select short.reservation_number, states.last_sequence_number, 3, 'BACKORDERED', null, null, short.quantity, 0,
            why.shortage_reason_code, why.obstacles, states.garage_code,
            states.part_id
        from short
        inner join reservation.states using (reservation_number)
        cross join lateral reservation.shortage(
            states.garage_code, states.part_id, states.condition_code, states.reservation_number
        ) as why
    ),

    -- By a sort: joined, the news would be gone through for each entry.
    dated as (
        select spread.*
        from (
            select told.*, max(told.moment) over position as happened_at, max(told.cause) over position as news_cause
            from (
                select entries.*, null::timestamptz as moment, null::text as cause from entries
                union all
                select null, null, null, null, null, null, null, null, null, null, news.garage_code, news.part_id,
                    news.moment, news.cause
                from news
            ) as told
            window position as (partition by told.part_id, told.garage_code)
        ) as spread
        where spread.reservation_number is not null
    ),

    numbered as (
        select entries.*,
            entries.last_sequence_number + row_number() over (
                partition by entries.reservation_number
                order by entries.step, entries.peg_garage_code, entries.peg_lot_number nulls first
            ) as sequence_number
        from dated as entries
    )

    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
        peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority, need_by_at, expires_at,
        allows_other_garages, minimum_remaining_days, shortage_reason_code, obstacles, caused_by_code,
        caused_by_number, event_at, source_code, idempotency_key, payload_hash, actor, recorded_at
    )
    select states.reservation_number,
        numbered.sequence_number, numbered.event_type_code, states.garage_code, states.part_id, states.condition_code,
        numbered.peg_lot_number, numbered.peg_garage_code, numbered.quantity, numbered.peg_quantity,
        states.work_order_number, states.work_order_line, states.priority, states.need_by_at, states.expires_at,
        states.allows_other_garages, states.minimum_remaining_days, numbered.shortage_reason_code, numbered.obstacles,
        enter_allotted.caused_by_code, numbered.news_cause,
        -- News of the past changes what is promised from now on, never what was.
        greatest(numbered.happened_at, states.last_event_at), 'partsbay', keys.idempotency_key, keys.idempotency_key,
        enter_allotted.actor, enter_allotted.recorded_at
    from numbered
    inner join reservation.states using (reservation_number)
    cross join lateral (
        select reservation.event_key(numbered.reservation_number, numbered.sequence_number) as idempotency_key
    ) as keys;
    get diagnostics changed_count = row_count;
    return changed_count;
end
$$;
comment on function reservation.enter_allotted is 'Enter what reservations of these positions were given, what of it must come from another garage and, once, why the rest waits. Each position has a moment and a cause of its own.';

create or replace function reservation.settle(
    garage_codes text[], part_ids uuid[], happened_at timestamptz, recorded_at timestamptz default clock_timestamp(),
    caused_by_code text default null, caused_by_number text default null, actor text default null
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    who text := coalesce(settle.actor, nullif(current_setting('partsbay.actor', true), ''), 'allocation');
    shed reservation.match[];
    event_count integer := 0;
    garages text[];
    parts uuid[];
begin
    perform garage_inventory.lock_positions(settle.garage_codes, settle.part_ids);
    -- Read after the lock was had, so that nobody's news is missed.
    select array_agg(reached.garage_code), array_agg(reached.part_id) into garages, parts
    from garage_inventory.reach(settle.garage_codes, settle.part_ids) as reached;

    -- 1. Units that are no longer due to a reservation, then units that a cell no longer carries: last in the
    -- queue first.
    if exists (
        select from unnest(garages, parts) as given (garage_code, part_id)
        inner join reservation.states using (garage_code, part_id)
        where states.surplus_quantity > 0
    ) then
        select array_agg((surplus.reservation_number, surplus.part_id, surplus.garage_code, surplus.condition_code,
            surplus.lot_number, surplus.quantity)::reservation.match) into shed
        from (
            select ranked.*,
                least(ranked.peg_quantity, greatest(ranked.surplus_quantity - ranked.quantity_before, 0)) as quantity
            from (
                select pegs.*, pegs.quantity as peg_quantity, states.surplus_quantity,
                    sum(pegs.quantity) over (
                        partition by pegs.reservation_number
                        order by cells.expires_on nulls last, cells.received_at nulls last, pegs.lot_number,
                            pegs.garage_code, pegs.condition_code
                        rows unbounded preceding
                    ) - pegs.quantity as quantity_before
                from unnest(garages, parts) as given (garage_code, part_id)
                inner join reservation.states using (garage_code, part_id)
                inner join reservation.pegs on pegs.reservation_number = states.reservation_number
                inner join garage_inventory.cells on cells.part_id = pegs.part_id
                    and cells.garage_code = pegs.garage_code and cells.condition_code = pegs.condition_code
                    and cells.lot_number = pegs.lot_number
                where states.surplus_quantity > 0 and pegs.quantity > 0
            ) as ranked (
                part_id, garage_code, condition_code, lot_number, reservation_number, quantity_of_peg,
                peg_quantity, surplus_quantity, quantity_before
            )
        ) as surplus
        where surplus.quantity > 0;
        event_count := event_count + reservation.unpeg(
            shed, 'no longer due', settle.happened_at, settle.recorded_at, settle.caused_by_code,
            settle.caused_by_number, who
        );
    end if;
    -- What lapsed before now holds nothing, whenever somebody looks.
    if exists (
        select from unnest(garages, parts) as given (garage_code, part_id)
        inner join reservation.states using (garage_code, part_id)
        where states.due_quantity > 0 and states.expires_at <= settle.happened_at
    ) then
        event_count := event_count + reservation.lapse(garages, parts, settle.happened_at, settle.recorded_at);
    end if;
    if exists (
        select from unnest(garages, parts) as given (garage_code, part_id)
        inner join garage_inventory.cells using (garage_code, part_id)
        where cells.sellable_quantity < 0 or cells.sellable_quantity < cells.reserved_quantity
    ) then
        select array_agg((excess.reservation_number, excess.part_id, excess.garage_code, excess.condition_code,
            excess.lot_number, excess.quantity)::reservation.match) into shed
        from (
            select ranked.*,
                least(ranked.peg_quantity, greatest(ranked.excess_quantity - ranked.quantity_before, 0)) as quantity
            from (
                select pegs.part_id, pegs.garage_code, pegs.condition_code, pegs.lot_number, pegs.reservation_number,
                    pegs.quantity as peg_quantity,
                    capacities.reserved_quantity - capacities.capacity_quantity as excess_quantity,
                    sum(pegs.quantity) over (
                        partition by pegs.part_id, pegs.garage_code, pegs.condition_code, pegs.lot_number
                        order by coalesce(states.need_by_at, states.requested_at) desc, states.priority desc,
                            states.requested_at desc, states.reservation_number desc
                        rows unbounded preceding
                    ) - pegs.quantity as quantity_before
                from garage_inventory.capacities(garages, parts) as capacities
                inner join reservation.pegs using (part_id, garage_code, condition_code, lot_number)
                inner join reservation.states using (reservation_number)
                where capacities.reserved_quantity > capacities.capacity_quantity and pegs.quantity > 0
            ) as ranked
        ) as excess
        where excess.quantity > 0;
        event_count := event_count + reservation.unpeg(
            shed, 'the cell no longer carries it', settle.happened_at, settle.recorded_at, settle.caused_by_code,
            settle.caused_by_number, who
        );
    end if;

    -- 2. What is free goes to who waits.
    return event_count + reservation.enter_allotted(
        garages, parts, array_fill(settle.happened_at, array[cardinality(parts)]),
        array_fill(settle.caused_by_number, array[cardinality(parts)]),
        reservation.allotted(garages, parts, array_fill(settle.happened_at, array[cardinality(parts)])),
        settle.recorded_at, settle.caused_by_code, who
    );
end
$$;


create function reservation.is_plainly_settled(garage_code text, part_id uuid, moment timestamptz) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
begin atomic
    select not exists (
            select from reservation.states
            where states.part_id = is_plainly_settled.part_id
                and states.allows_other_garages and (states.due_quantity > 0 or states.reserved_quantity > 0)
        )
        and not exists (
            select from reservation.states
            where states.part_id = is_plainly_settled.part_id
                and states.garage_code = is_plainly_settled.garage_code and states.surplus_quantity > 0
        )
        and not exists (
            select from reservation.states
            where states.part_id = is_plainly_settled.part_id
                and states.garage_code = is_plainly_settled.garage_code
                and states.due_quantity > 0 and states.expires_at <= is_plainly_settled.moment
        )
        and not exists (
            select from garage_inventory.cells
            where cells.part_id = is_plainly_settled.part_id and cells.garage_code = is_plainly_settled.garage_code
                and (cells.sellable_quantity < 0 or cells.sellable_quantity < cells.reserved_quantity)
        );
end;
comment on function reservation.is_plainly_settled is 'Whether nothing of this position is shared with other garages, no longer due, overdue, or more than its cell carries.';

create function reservation.settle_lapsed(
    garage_codes text[], part_ids uuid[], moments timestamptz[], causes text[], recorded_at timestamptz
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
    set join_collapse_limit = 1
as $$
declare
    plain record;
    one record;
    event_count integer := 0;
begin
    -- Where nothing but units that came free is news; elsewhere, one after the other.
    select array_agg(marked.garage_code) filter (where marked.is_plain) as garage_codes,
        array_agg(marked.part_id) filter (where marked.is_plain) as part_ids,
        array_agg(marked.moment) filter (where marked.is_plain) as moments,
        array_agg(marked.cause) filter (where marked.is_plain) as causes into plain
    from (
        select given.*, reservation.is_plainly_settled(given.garage_code, given.part_id, given.moment) as is_plain
        from unnest(settle_lapsed.garage_codes, settle_lapsed.part_ids, settle_lapsed.moments, settle_lapsed.causes)
            as given (garage_code, part_id, moment, cause)
    ) as marked;
    for one in
        select given.*
        from unnest(settle_lapsed.garage_codes, settle_lapsed.part_ids, settle_lapsed.moments, settle_lapsed.causes)
            as given (garage_code, part_id, moment, cause)
        where not reservation.is_plainly_settled(given.garage_code, given.part_id, given.moment)
        order by given.part_id, given.garage_code
    loop
        event_count := event_count + reservation.settle(
            array[one.garage_code], array[one.part_id], one.moment, settle_lapsed.recorded_at, 'EXPIRY', one.cause,
            'allocation'
        );
    end loop;
    if plain.part_ids is not null then
        event_count := event_count + reservation.enter_allotted(
            plain.garage_codes, plain.part_ids, plain.moments, plain.causes,
            reservation.allotted(plain.garage_codes, plain.part_ids, plain.moments), settle_lapsed.recorded_at,
            'EXPIRY', 'allocation'
        );
    end if;
    return event_count;
end
$$;
comment on function reservation.settle_lapsed is 'Let what lapsed at these positions, each at a moment of its own, go to who waits there. The positions are locked by the caller.';

create or replace function reservation.lapse(
    garage_codes text[], part_ids uuid[], until timestamptz, recorded_at timestamptz
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
    set join_collapse_limit = 1
as $$
declare
    endings reservation.ending[];
    wanted text[];
    event_count integer := 0;
begin
    loop
        -- Where nobody waits for what comes free, all that is due lapses at once; elsewhere moment after moment, as
        -- who lapses at noon may not get what came free at eleven for longer than that. Parts do not touch each other.
        select array_agg((lapsing.reservation_number, 'EXPIRED', null, lapsing.due_quantity, lapsing.reserved_quantity,
                lapsing.expires_at, 'its time was over', 'EXPIRY', null)::reservation.ending),
            array_agg(lapsing.reservation_number) filter (where lapsing.is_wanted)
        into endings, wanted
        from (
            select due.*, min(due.expires_at) filter (where due.is_wanted) over (partition by due.part_id) as first_at
            from (
                select states.*, exists (
                    select from reservation.states as waiting
                    where waiting.part_id = states.part_id and waiting.backordered_quantity > 0
                ) as is_wanted
                from (
                    select distinct garage_code, part_id
                    from unnest(lapse.garage_codes, lapse.part_ids) as every (garage_code, part_id)
                ) as given
                inner join reservation.states using (garage_code, part_id)
                where states.due_quantity > 0 and states.expires_at <= lapse.until
            ) as due
        ) as lapsing
        where not lapsing.is_wanted or lapsing.expires_at = lapsing.first_at;
        exit when endings is null;
        event_count := event_count + reservation.end_units(endings, 'allocation', lapse.recorded_at);
        exit when wanted is null;
        event_count := event_count + (
            select reservation.settle_lapsed(
                array_agg(wave.garage_code), array_agg(wave.part_id), array_agg(wave.expires_at), array_agg(wave.cause),
                lapse.recorded_at
            )
            from (
                select states.part_id, states.garage_code, states.expires_at, min(states.reservation_number) as cause
                from unnest(wanted) as lapsed (reservation_number)
                inner join reservation.states using (reservation_number)
                group by states.part_id, states.garage_code, states.expires_at
                order by states.part_id, states.garage_code
            ) as wave
        );
    end loop;
    return event_count;
end
$$;

revoke execute on function reservation.allotted, reservation.enter_allotted, reservation.is_plainly_settled,
    reservation.settle_lapsed from public;
