-- The life of a reservation after it was asked for: consumed, released, cancelled, extended, picked, lapsed.
--
-- Every act locks what it may touch in one go, answers the same when it is done again under its operation number, and
-- settles in its own transaction, so that what it frees goes to who waits. A reservation lapses at its expires_at
-- whatever time somebody looks: whoever settles a position first lets lapse what was due by then. So the sweep may come
-- late, twice or in pieces and the events are the same.
--
-- Refusals: PB900 unknown, PB901 nobody named, PB902 ended, PB903 lapsed, PB904 more than there is, PB905 the operation
-- said something else, PB906 not this lot, PB907 not this moment, PB033 a standby.

create table reservation.operations (
    operation_number text primary key check (operation_number <> ''),
    operation_code text not null check (operation_code in ('CONSUME', 'RELEASE', 'CANCEL', 'EXTEND', 'PICK')),
    reservation_number text not null,
    arguments jsonb not null,
    answer jsonb not null,
    event_at timestamptz not null,
    source_code text not null default 'partsbay',
    actor text not null check (actor <> ''),
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table reservation.operations is 'One row per act on a reservation that was carried out: what was asked and what was answered, so that asking again changes nothing. Append-only.';
create index operations_by_reservation on reservation.operations (reservation_number);
create index states_lapsing on reservation.states (part_id, garage_code)
    where due_quantity > 0 and expires_at is not null;
create index usage_lines_by_reservation on garage_inventory.usage_lines (reservation_number)
    where reservation_number is not null;

-- -------------------------------------------------------------- statuses

create view reservation.statuses as
select states.reservation_number, states.garage_code, states.part_id, states.condition_code, states.lot_number,
    states.work_order_number, states.work_order_line, states.priority, states.need_by_at, states.expires_at,
    states.requested_at, states.last_event_at, states.allows_other_garages, states.minimum_remaining_days,
    states.requested_quantity, states.reserved_quantity, states.consumed_quantity, states.due_quantity,
    states.backordered_quantity,
    case
        when states.requested_quantity > 0 and states.consumed_quantity >= states.requested_quantity then 'DELIVERED'
        when states.due_quantity = 0 and states.consumed_quantity > 0 then 'CLOSED'
        when states.is_ended then coalesce(ends.event_type_code, 'CANCELLED')
        when states.due_quantity = 0 and states.ended_quantity > 0 then 'CLOSED'
        when states.consumed_quantity > 0 then 'PARTIALLY_DELIVERED'
        when states.reserved_quantity > 0 and states.backordered_quantity > 0 then 'PARTIALLY_RESERVED'
        when states.reserved_quantity > 0 then 'RESERVED'
        when states.backordered_quantity > 0 and (states.is_tried or states.last_event_type_code <> 'REQUESTED')
            then 'BACKORDERED'
        else 'DRAFT'
    end as status_code
from reservation.states
left join lateral (
    select events.event_type_code from reservation.events
    where events.reservation_number = states.reservation_number
        and events.event_type_code in ('CANCELLED', 'EXPIRED')
    order by events.event_at, events.sequence_number
    limit 1
) as ends on states.is_ended;
comment on view reservation.statuses is 'One row per reservation and the one word for its state: DRAFT (allocation has not looked yet), BACKORDERED, PARTIALLY_RESERVED, RESERVED, PARTIALLY_DELIVERED, DELIVERED, CLOSED (part delivered or given back, the rest given up), CANCELLED or EXPIRED (nothing delivered).';

-- --------------------------------------------------------------- answers

create function reservation.answer(reservation_number text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    status reservation.statuses;
    why record;
    pegs jsonb;
begin
    select * into status from reservation.statuses where statuses.reservation_number = answer.reservation_number;
    if not found then
        raise exception 'there is no reservation %', answer.reservation_number
            using errcode = 'PB900', hint = 'partsbay reservation list names them.';
    end if;
    if status.backordered_quantity > 0 then
        select * into why from reservation.shortage(
            status.garage_code, status.part_id, status.condition_code, status.reservation_number
        );
    else
        select null::text as shortage_reason_code, '[]'::jsonb as obstacles into why;
    end if;
    select coalesce(jsonb_agg(jsonb_build_object(
            'garage_code', pegged.garage_code, 'condition_code', pegged.condition_code,
            'lot_number', nullif(pegged.lot_number, ''), 'quantity', pegged.quantity
        ) order by pegged.garage_code, pegged.lot_number, pegged.condition_code), '[]') into pegs
    from reservation.pegs as pegged
    where pegged.reservation_number = answer.reservation_number and pegged.quantity > 0;
    return jsonb_build_object(
        'reservation_number', status.reservation_number, 'status_code', status.status_code,
        'garage_code', status.garage_code, 'part_id', status.part_id, 'work_order_number', status.work_order_number,
        'work_order_line', status.work_order_line, 'need_by_at', status.need_by_at, 'expires_at', status.expires_at,
        'requested_quantity', status.requested_quantity, 'reserved_quantity', status.reserved_quantity,
        'backordered_quantity', status.backordered_quantity, 'consumed_quantity', status.consumed_quantity,
        'pegs', pegs, 'shortage_reason_code', why.shortage_reason_code, 'obstacles', why.obstacles
    );
end
$$;
comment on function reservation.answer is 'What a reservation has, and what stands in the way of the rest, now.';

-- ---------------------------------------------------------------- locks

create function reservation.lock_reach(garage_codes text[], part_ids uuid[], out garages text[], out parts uuid[])
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
begin
    select array_agg(reached.garage_code), array_agg(reached.part_id) into garages, parts
    from garage_inventory.reach(lock_reach.garage_codes, lock_reach.part_ids) as reached;
    perform garage_inventory.lock_positions(garages, parts);
end
$$;
comment on function reservation.lock_reach is 'Lock these positions and all that allocation may reach from them, in one go; return which.';

-- --------------------------------------------------- units leave a reservation

create type reservation.ending as (
    reservation_number text, event_type_code text, lot_number text, quantity numeric, peg_quantity numeric,
    event_at timestamptz, reason text, caused_by_code text, caused_by_number text
);

create function reservation.end_units(endings reservation.ending[], actor text, recorded_at timestamptz)
    returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    changed_count integer;
begin
    with ranked as (
        select given.reservation_number, given.event_type_code, given.peg_quantity, pegs.garage_code,
            pegs.condition_code, pegs.lot_number, pegs.quantity,
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
        select ordered.reservation_number, ordered.garage_code, ordered.condition_code, ordered.lot_number,
            least(ordered.quantity, ordered.peg_quantity - ordered.quantity_before) as quantity
        from ordered
        where ordered.quantity_before < ordered.peg_quantity
    ),

    entries as (
        select taken.reservation_number, taken.garage_code as peg_garage_code, taken.condition_code, taken.lot_number,
            taken.quantity, -taken.quantity as peg_quantity
        from taken
        union all
        select given.reservation_number, null, null, null, given.quantity - coalesce(pegged.quantity, 0), 0
        from unnest(end_units.endings) as given
        left join (
            select taken.reservation_number, sum(taken.quantity) as quantity from taken group by taken.reservation_number
        ) as pegged using (reservation_number)
        where given.quantity > coalesce(pegged.quantity, 0)
    ),

    numbered as (
        select states.*, given.event_type_code, given.reason, given.caused_by_code, given.caused_by_number,
            entries.peg_garage_code, coalesce(entries.condition_code, states.condition_code) as peg_condition_code,
            nullif(entries.lot_number, '') as peg_lot_number, entries.quantity, entries.peg_quantity,
            -- What lapses does so at its moment; other news of the past changes what holds from now on.
            case when given.event_type_code = 'EXPIRED' then given.event_at
                else greatest(given.event_at, states.last_event_at) end as event_at,
            states.last_sequence_number + row_number() over (
                partition by entries.reservation_number
                order by entries.peg_garage_code nulls last, entries.condition_code, entries.lot_number
            ) as sequence_number
        from entries
        inner join unnest(end_units.endings) as given using (reservation_number)
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
comment on function reservation.end_units is 'Enter that units of reservations were consumed, released, cancelled or lapsed: quantity of them, peg_quantity of which come from its pegs. At most one ending per reservation; the positions are locked and settled by the caller.';

-- ---------------------------------------------------------------- lapsing

create or replace function reservation.lapse(
    garage_codes text[], part_ids uuid[], until timestamptz, recorded_at timestamptz
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    endings reservation.ending[];
    wanted text[];
    wave record;
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
        for wave in
            select states.part_id, states.garage_code, states.expires_at, min(states.reservation_number) as cause
            from unnest(wanted) as lapsed (reservation_number)
            inner join reservation.states using (reservation_number)
            group by states.part_id, states.garage_code, states.expires_at
            order by states.part_id, states.garage_code
        loop
            event_count := event_count + reservation.settle(
                array[wave.garage_code], array[wave.part_id], wave.expires_at, lapse.recorded_at, 'EXPIRY', wave.cause,
                'allocation'
            );
        end loop;
        exit when wanted is null;
    end loop;
    return event_count;
end
$$;
comment on function reservation.lapse is 'Let lapse what was due by then at these positions, which the caller has locked with all that allocation reaches from them: EXPIRED events at the very moment, and what came free goes on from that moment. Return how many events that took.';

create or replace function reservation.lapse_before(
    garage_codes text[], part_ids uuid[], moment timestamptz, recorded_at timestamptz
) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    reach record;
begin
    -- Mostly nothing is overdue anywhere.
    if not exists (
        select from reservation.states where due_quantity > 0 and expires_at <= lapse_before.moment
    ) then
        return;
    end if;
    if exists (
        select from unnest(lapse_before.garage_codes, lapse_before.part_ids) as given (garage_code, part_id)
        inner join reservation.states as overdue using (part_id)
        where overdue.due_quantity > 0 and overdue.expires_at <= lapse_before.moment
            and (overdue.garage_code = given.garage_code or exists (
                select from reservation.states as sharing
                where sharing.part_id = given.part_id and sharing.allows_other_garages and sharing.due_quantity > 0
            ))
    ) then
        reach := reservation.lock_reach(lapse_before.garage_codes, lapse_before.part_ids);
        perform reservation.lapse(reach.garages, reach.parts, lapse_before.moment, lapse_before.recorded_at);
    end if;
end
$$;
comment on function reservation.lapse_before is 'Let lapse what was due by the moment of some news, before that changes these positions: so what came free went by what was known then, whenever somebody sweeps. The positions are locked by the caller.';

create function reservation.expire(until timestamptz, part_limit integer default 1000) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    due record;
    reach record;
    lapsed_count integer;
begin
    perform reservation.refuse_standby();
    if expire.until > clock_timestamp() + interval '15 minutes' then
        raise exception '% is in the future', expire.until
            using errcode = 'PB907', hint = 'Nothing lapses before its time.';
    end if;
    select array_agg(states.garage_code) as garage_codes, array_agg(states.part_id) as part_ids into due
    from (
        select distinct states.part_id from reservation.states
        where states.due_quantity > 0 and states.expires_at <= expire.until
        order by states.part_id
        limit expire.part_limit
    ) as parts
    inner join reservation.states using (part_id)
    where states.due_quantity > 0 and states.expires_at <= expire.until;
    if due.garage_codes is null then
        return 0;
    end if;
    reach := reservation.lock_reach(due.garage_codes, due.part_ids);
    select count(*) into lapsed_count
    from (
        select distinct garage_code, part_id from unnest(reach.garages, reach.parts) as every (garage_code, part_id)
    ) as given
    inner join reservation.states using (garage_code, part_id)
    where states.due_quantity > 0 and states.expires_at <= expire.until;
    perform reservation.lapse(reach.garages, reach.parts, expire.until, clock_timestamp());
    return lapsed_count;
end
$$;
comment on function reservation.expire is 'Let lapse what was due by then, of so many parts; return how many reservations lapsed. Call it, a transaction each, until it returns 0.';

-- ------------------------------------------------------------------ acts

create function reservation.begin_act(
    operation_code text, operation_number text, reservation_number text, arguments jsonb, happened_at timestamptz,
    actor text, out state reservation.states, out known_answer jsonb
)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    done reservation.operations;
begin
    perform reservation.refuse_standby();
    if coalesce(btrim(begin_act.actor), '') = '' then
        raise exception 'nobody is named who did it' using errcode = 'PB901', hint = 'Say who, with --actor.';
    end if;
    if begin_act.happened_at > clock_timestamp() + interval '15 minutes' then
        raise exception '% is in the future', begin_act.happened_at
            using errcode = 'PB907', hint = 'Give the moment at which it happened, with its time zone.';
    end if;
    perform set_config('partsbay.actor', begin_act.actor, true);
    -- Whoever uses the number for another reservation at this moment waits here, and then hears of this one.
    perform pg_advisory_xact_lock(hashtextextended('operation ' || begin_act.operation_number, 0))
    where begin_act.operation_number is not null;
    select * into state from reservation.states where states.reservation_number = begin_act.reservation_number;
    if not found then
        raise exception 'there is no reservation %', begin_act.reservation_number
            using errcode = 'PB900', hint = 'partsbay reservation list names them.';
    end if;
    perform reservation.lock_reach(array_agg(touched.garage_code), array_agg(state.part_id))
    from (
        select state.garage_code
        union
        select pegs.garage_code from reservation.pegs
        where pegs.reservation_number = begin_act.reservation_number and pegs.quantity > 0
    ) as touched;
    perform reservation.lapse_before(
        array[state.garage_code], array[state.part_id], begin_act.happened_at, clock_timestamp()
    );
    -- Who came first may have changed it meanwhile.
    select * into state from reservation.states where states.reservation_number = begin_act.reservation_number;

    select * into done from reservation.operations where operations.operation_number = begin_act.operation_number;
    if found then
        if (done.operation_code, done.reservation_number, done.arguments)
            is distinct from (begin_act.operation_code, begin_act.reservation_number, begin_act.arguments) then
            raise exception 'operation % was another one: % of reservation %', done.operation_number,
                lower(done.operation_code), done.reservation_number
                using errcode = 'PB905', hint = 'Use a new operation number for a new act.';
        end if;
        known_answer := done.answer;
        return;
    end if;
    if state.due_quantity <= 0 and state.last_event_type_code = 'EXPIRED' then
        raise exception 'reservation % lapsed at %', begin_act.reservation_number,
            to_char(state.expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
            using errcode = 'PB903', hint = 'Reserve again under a new number.';
    end if;
    if state.due_quantity <= 0 then
        raise exception 'reservation % has ended', begin_act.reservation_number
            using errcode = 'PB902',
            hint = 'partsbay reservation show ' || begin_act.reservation_number || ' says how; reserve again under a new number.';
    end if;
end
$$;

create function reservation.finish_act(
    operation_code text, operation_number text, state reservation.states, arguments jsonb, happened_at timestamptz,
    actor text, garage_codes text[]
) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    answered jsonb;
begin
    perform reservation.follow(
        finish_act.garage_codes, array_fill((state).part_id, array[cardinality(finish_act.garage_codes)]),
        finish_act.happened_at, clock_timestamp(), finish_act.operation_code, (state).reservation_number
    );
    answered := reservation.answer((state).reservation_number);
    insert into reservation.operations (
        operation_number, operation_code, reservation_number, arguments, answer, event_at, actor
    ) values (
        coalesce(finish_act.operation_number, uuidv7()::text), finish_act.operation_code, (state).reservation_number,
        finish_act.arguments, answered, finish_act.happened_at, finish_act.actor
    );
    return answered;
end
$$;

create function reservation.peg_garages(reservation_number text) returns text[]
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    return array(
        select states.garage_code from reservation.states
        where states.reservation_number = peg_garages.reservation_number
        union
        select pegs.garage_code from reservation.pegs
        where pegs.reservation_number = peg_garages.reservation_number and pegs.quantity > 0
    );

create function reservation.check_quantity(part_id uuid, quantity numeric, happened_at timestamptz) returns void
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if (
        check_quantity.quantity > 0 and check_quantity.quantity < 'Infinity'
        and check_quantity.quantity = round(check_quantity.quantity, 3)
    ) is not true or (
        check_quantity.quantity <> trunc(check_quantity.quantity) and garage_inventory.is_counted_in_pieces(
            garage_inventory.base_uom_code(check_quantity.part_id, check_quantity.happened_at))
    ) then
        raise exception '% is no quantity of the part', check_quantity.quantity
            using errcode = 'PB904', hint = 'Give a quantity above nothing in base units; pieces are whole.';
    end if;
end
$$;
comment on function reservation.check_quantity is 'Refuse what is no quantity of the part in base units (PB904).';

create function reservation.check_asked(part_id uuid, quantity numeric, requested_at timestamptz, actor text)
    returns void
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(btrim(check_asked.actor), '') = '' then
        raise exception 'nobody is named who asks' using errcode = 'PB901', hint = 'Say who, with --actor.';
    end if;
    if check_asked.requested_at > clock_timestamp() + interval '15 minutes' then
        raise exception '% is in the future', check_asked.requested_at
            using errcode = 'PB907', hint = 'Give the moment at which it was asked for, with its time zone.';
    end if;
    perform reservation.check_quantity(check_asked.part_id, check_asked.quantity, check_asked.requested_at);
end
$$;
comment on function reservation.check_asked is 'Refuse a request of nobody (PB901), of no quantity (PB904) or of a moment to come (PB907).';

create function reservation.consume(
    reservation_number text, quantity numeric, actor text, lot_number text default null,
    operation_number text default null, consumed_at timestamptz default clock_timestamp()
) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    asked jsonb := jsonb_build_object('quantity', consume.quantity, 'lot_number', consume.lot_number);
    act record;
    state reservation.states;
    last_number integer;
    at_home numeric;
    in_lot numeric;
begin
    act := reservation.begin_act(
        'CONSUME', consume.operation_number, consume.reservation_number, asked, consume.consumed_at, consume.actor
    );
    if act.known_answer is not null then
        return act.known_answer;
    end if;
    state := act.state;
    perform reservation.check_quantity(state.part_id, consume.quantity, consume.consumed_at);
    select coalesce(sum(pegs.quantity), 0),
        coalesce(sum(pegs.quantity) filter (where pegs.lot_number = coalesce(consume.lot_number, pegs.lot_number)), 0)
    into at_home, in_lot
    from reservation.pegs
    where pegs.reservation_number = consume.reservation_number and pegs.garage_code = state.garage_code;
    if consume.quantity > at_home then
        raise exception 'reservation % has % units in %, not %', consume.reservation_number, at_home, state.garage_code,
            consume.quantity
            using errcode = 'PB904', hint = 'Consume what it has; partsbay reservation why '
                || consume.reservation_number || ' says what the rest waits for.';
    end if;
    if consume.quantity > in_lot then
        raise exception 'reservation % has % units of lot %, not %', consume.reservation_number, in_lot,
            consume.lot_number, consume.quantity
            using errcode = 'PB906', hint = 'partsbay reservation pick moves it to the lot that was taken.';
    end if;

    last_number := state.last_sequence_number;
    perform reservation.end_units(
        array[(consume.reservation_number, 'CONSUMED', consume.lot_number, consume.quantity, consume.quantity,
            consume.consumed_at, null, 'WORK_ORDER', state.work_order_number)::reservation.ending],
        consume.actor, clock_timestamp()
    );
    -- The units leave stock at the same moment, a line of usage for each lot.
    with lines as (
        insert into garage_inventory.usage_lines (
            usage_line_id, garage_code, work_order_number, work_order_line, part_id, lot_number, condition_code,
            usage_type_code, quantity, uom_code, is_one_off, reservation_number, event_at, source_code,
            idempotency_key, payload_hash, actor, recorded_at
        )
        select events.event_id, events.garage_code, events.work_order_number, events.work_order_line, events.part_id,
            events.lot_number, events.condition_code, 'FITTED', events.quantity,
            coalesce(garage_inventory.base_uom_code(events.part_id, consume.consumed_at), 'EA'), false,
            events.reservation_number, consume.consumed_at, 'partsbay', events.idempotency_key, events.payload_hash,
            events.actor, events.recorded_at
        from reservation.events
        where events.reservation_number = consume.reservation_number and events.sequence_number > last_number
            and events.event_type_code = 'CONSUMED' and events.source_code = 'partsbay'
        order by events.sequence_number
        returning *
    )

    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at
    )
    select lines.usage_line_id, lines.garage_code, lines.part_id, lines.lot_number, lines.condition_code, 'USAGE',
        -lines.quantity, lines.usage_type_code, lines.work_order_number, lines.work_order_line, lines.event_at,
        lines.source_code, lines.idempotency_key, lines.actor, lines.recorded_at
    from lines;
    return reservation.finish_act(
        'CONSUME', consume.operation_number, state, asked, consume.consumed_at, consume.actor,
        array[state.garage_code]
    );
end
$$;
comment on function reservation.consume is 'Reserved units were fitted: they leave the reservation and the stock at one moment, as lots are picked or from the lot named. Refused: more than the reservation has in its garage (PB904) or in the lot (PB906), ended (PB902), lapsed (PB903). The same operation number again answers as the first time.';

create function reservation.release(
    reservation_number text, quantity numeric, actor text, reason text default null,
    operation_number text default null, released_at timestamptz default clock_timestamp()
) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    asked jsonb := jsonb_build_object('quantity', release.quantity);
    act record;
    state reservation.states;
    garages text[];
begin
    perform set_config('partsbay.reason', coalesce(release.reason, ''), true);
    act := reservation.begin_act(
        'RELEASE', release.operation_number, release.reservation_number, asked, release.released_at, release.actor
    );
    if act.known_answer is not null then
        return act.known_answer;
    end if;
    state := act.state;
    perform reservation.check_quantity(state.part_id, release.quantity, release.released_at);
    if release.quantity > state.due_quantity then
        raise exception 'reservation % asks for % units, not %', release.reservation_number, state.due_quantity,
            release.quantity
            using errcode = 'PB904', hint = 'Release at most what it still asks for.';
    end if;
    garages := reservation.peg_garages(release.reservation_number);
    -- What it waits for is given up before what it has.
    perform reservation.end_units(
        array[(release.reservation_number, 'RELEASED', null, release.quantity,
            greatest(release.quantity - state.backordered_quantity, 0), release.released_at, release.reason, null,
            null)::reservation.ending],
        release.actor, clock_timestamp()
    );
    return reservation.finish_act(
        'RELEASE', release.operation_number, state, asked, release.released_at, release.actor, garages
    );
end
$$;
comment on function reservation.release is 'The line needs fewer units: first it waits for fewer, then it gives units back, the last to be picked first. Refused: more than it asks for (PB904), ended (PB902), lapsed (PB903). The same operation number again answers as the first time.';

create function reservation.cancel(
    reservation_number text, actor text, reason text default null, operation_number text default null,
    cancelled_at timestamptz default clock_timestamp()
) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    act record;
    state reservation.states;
    garages text[];
begin
    perform set_config('partsbay.reason', coalesce(cancel.reason, ''), true);
    act := reservation.begin_act(
        'CANCEL', cancel.operation_number, cancel.reservation_number, '{}', cancel.cancelled_at, cancel.actor
    );
    if act.known_answer is not null then
        return act.known_answer;
    end if;
    state := act.state;
    garages := reservation.peg_garages(cancel.reservation_number);
    perform reservation.end_units(
        array[(cancel.reservation_number, 'CANCELLED', null, state.due_quantity, state.reserved_quantity,
            cancel.cancelled_at, cancel.reason, null, null)::reservation.ending],
        cancel.actor, clock_timestamp()
    );
    return reservation.finish_act(
        'CANCEL', cancel.operation_number, state, '{}', cancel.cancelled_at, cancel.actor, garages
    );
end
$$;
comment on function reservation.cancel is 'The line needs nothing any more: all that it has goes to who waits. Refused: ended (PB902), lapsed (PB903). The same operation number again answers as the first time.';

create function reservation.restate(
    state reservation.states, expires_at timestamptz, lot_number text, reason text, happened_at timestamptz, actor text
) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$
    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
        quantity, work_order_number, work_order_line, priority, need_by_at, expires_at, allows_other_garages,
        minimum_remaining_days, reason, event_at, source_code, idempotency_key, payload_hash, actor, recorded_at
    )
    select (state).reservation_number, (state).last_sequence_number + 1,
        'REQUESTED', (state).garage_code, (state).part_id, (state).condition_code, nullif(restate.lot_number, ''), 0,
        (state).work_order_number, (state).work_order_line, (state).priority, (state).need_by_at, restate.expires_at,
        (state).allows_other_garages, (state).minimum_remaining_days, restate.reason,
        greatest(restate.happened_at, (state).last_event_at), 'partsbay', key, key, restate.actor, clock_timestamp()
    from reservation.event_key((state).reservation_number, (state).last_sequence_number + 1) as key
$$;
comment on function reservation.restate is 'Change until when, or from which lot, units are asked for: a further request of no units.';

create function reservation.extend(
    reservation_number text, expires_at timestamptz, actor text, operation_number text default null,
    extended_at timestamptz default clock_timestamp()
) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    asked jsonb := jsonb_build_object('expires_at', extract(epoch from extend.expires_at));
    act record;
begin
    act := reservation.begin_act(
        'EXTEND', extend.operation_number, extend.reservation_number, asked, extend.extended_at, extend.actor
    );
    if act.known_answer is not null then
        return act.known_answer;
    end if;
    if extend.expires_at is null or extend.expires_at <= extend.extended_at then
        raise exception '% is not after now', coalesce(extend.expires_at::text, 'no moment')
            using errcode = 'PB907', hint = 'Give a later moment; partsbay reservation cancel ends it now.';
    end if;
    perform reservation.restate(
        act.state, extend.expires_at, (act.state).lot_number, 'the reservation lasts until another moment',
        extend.extended_at, extend.actor
    );
    return reservation.finish_act(
        'EXTEND', extend.operation_number, act.state, asked, extend.extended_at, extend.actor,
        array[(act.state).garage_code]
    );
end
$$;
comment on function reservation.extend is 'The reservation lapses at another moment, later or earlier, but not in the past (PB907). Refused: ended (PB902), lapsed (PB903). The same operation number again answers as the first time.';

create function reservation.pick(
    reservation_number text, actor text, lot_number text default null, operation_number text default null,
    picked_at timestamptz default clock_timestamp()
) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    asked jsonb := jsonb_build_object('lot_number', pick.lot_number);
    act record;
    state reservation.states;
    pegged record;
    lot record;
    moved reservation.match[];
begin
    act := reservation.begin_act(
        'PICK', pick.operation_number, pick.reservation_number, asked, pick.picked_at, pick.actor
    );
    if act.known_answer is not null then
        return act.known_answer;
    end if;
    state := act.state;
    select coalesce(sum(pegs.quantity), 0) as quantity, min(pegs.lot_number) as lot_number,
        count(distinct pegs.lot_number) as lot_count, min(pegs.condition_code) as condition_code into pegged
    from reservation.pegs
    where pegs.reservation_number = pick.reservation_number and pegs.garage_code = state.garage_code
        and pegs.quantity > 0;
    if pegged.quantity = 0 then
        raise exception 'reservation % has no units in % to pick', pick.reservation_number, state.garage_code
            using errcode = 'PB904',
            hint = 'partsbay reservation why ' || pick.reservation_number || ' says what it waits for.';
    end if;
    if pick.lot_number is null and (pegged.lot_count > 1 or pegged.lot_number = '') then
        raise exception 'reservation % has units of % lots', pick.reservation_number,
            case when pegged.lot_number = '' then 'no' else pegged.lot_count::text end
            using errcode = 'PB906', hint = 'Name the lot that was picked, with --lot.';
    end if;
    pick.lot_number := coalesce(pick.lot_number, pegged.lot_number);

    -- Whoever is promised units of the lot without having picked it can have others; who has picked it cannot.
    select capacities.capacity_quantity as quantity,
        capacities.capacity_quantity - coalesce(sum(pegs.quantity) filter (
            where states.lot_number = pick.lot_number and pegs.reservation_number <> pick.reservation_number
        ), 0) as movable_quantity,
        capacities.capacity_quantity - capacities.reserved_quantity as free_quantity,
        coalesce(sum(pegs.quantity) filter (where pegs.reservation_number = pick.reservation_number), 0)
            as own_quantity
    into lot
    from garage_inventory.capacities(array[state.garage_code], array[state.part_id]) as capacities
    left join reservation.pegs on pegs.part_id = capacities.part_id and pegs.garage_code = capacities.garage_code
        and pegs.condition_code = capacities.condition_code and pegs.lot_number = capacities.lot_number
    left join reservation.states using (reservation_number)
    where capacities.lot_number = pick.lot_number and capacities.condition_code = pegged.condition_code
    group by capacities.capacity_quantity, capacities.reserved_quantity;
    if coalesce(lot.movable_quantity, 0) < pegged.quantity then
        raise exception 'lot % has % units for reservation %, which has %', pick.lot_number,
            coalesce(lot.movable_quantity, 0), pick.reservation_number, pegged.quantity
            using errcode = 'PB906', hint = 'The rest is held, picked by others or not there: partsbay stock show says which.';
    end if;

    perform reservation.restate(
        state, state.expires_at, pick.lot_number, 'picked: from this lot alone from now on', pick.picked_at, pick.actor
    );
    if lot.own_quantity < pegged.quantity then
        -- Its own other units, and of the lot as many of others as are missing: who is last in the queue first.
        select array_agg((given.reservation_number, given.part_id, given.garage_code, given.condition_code,
            given.lot_number, given.quantity)::reservation.match) into moved
        from (
            select pegs.reservation_number, pegs.part_id, pegs.garage_code, pegs.condition_code, pegs.lot_number,
                pegs.quantity
            from reservation.pegs
            where pegs.reservation_number = pick.reservation_number and pegs.garage_code = state.garage_code
                and pegs.quantity > 0 and pegs.lot_number <> pick.lot_number
            union all
            select ranked.reservation_number, ranked.part_id, ranked.garage_code, ranked.condition_code,
                ranked.lot_number, least(ranked.quantity, ranked.missing_quantity - ranked.quantity_before)
            from (
                select pegs.*, pegged.quantity - lot.own_quantity - lot.free_quantity as missing_quantity,
                    sum(pegs.quantity) over (
                        order by coalesce(states.need_by_at, states.requested_at) desc, states.priority desc,
                            states.requested_at desc, states.reservation_number desc
                        rows unbounded preceding
                    ) - pegs.quantity as quantity_before
                from reservation.pegs
                inner join reservation.states using (reservation_number)
                where pegs.part_id = state.part_id and pegs.garage_code = state.garage_code
                    and pegs.condition_code = pegged.condition_code and pegs.lot_number = pick.lot_number
                    and pegs.reservation_number <> pick.reservation_number and pegs.quantity > 0
                    and states.lot_number <> pick.lot_number
            ) as ranked
            where ranked.quantity_before < ranked.missing_quantity
        ) as given;
        perform reservation.unpeg(
            moved, 'lot ' || pick.lot_number || ' was picked', pick.picked_at, clock_timestamp(), 'PICK',
            pick.reservation_number, pick.actor
        );
        -- Who named a lot comes first, so the lot goes to who picked it and the rest to who gave it up.
        perform reservation.settle(
            array[state.garage_code], array[state.part_id], pick.picked_at, clock_timestamp(), 'PICK',
            pick.reservation_number, pick.actor
        );
        if (
            select coalesce(sum(pegs.quantity), 0) from reservation.pegs
            where pegs.reservation_number = pick.reservation_number and pegs.garage_code = state.garage_code
                and pegs.lot_number = pick.lot_number
        ) < pegged.quantity then
            raise exception 'lot % does not keep long enough, or others wait for it by name', pick.lot_number
                using errcode = 'PB906', hint = 'Pick another lot; partsbay stock show lists them as they are to be picked.';
        end if;
    end if;
    return reservation.finish_act(
        'PICK', pick.operation_number, state, asked, pick.picked_at, pick.actor, array[state.garage_code]
    );
end
$$;
comment on function reservation.pick is 'What the reservation has was picked from one lot and stays with it: until then any lot would do. Who is promised units of that lot without having picked them gets others in exchange. Refused: the lot has fewer units that are neither held nor picked (PB906), nothing to pick (PB904), ended (PB902), lapsed (PB903).';

-- ----------------------------------------------------- usage of what was reserved

create or replace function reservation.meet_usage(reservation_numbers text[], recorded_at timestamptz) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    endings reservation.ending[];
begin
    with own as (
        select states.*, consumed.own_quantity, consumed.stated_quantity,
            states.requested_quantity - states.ended_quantity - consumed.own_quantity as open_quantity
        from reservation.states
        cross join lateral (
            select coalesce(sum(events.quantity) filter (where events.source_code = 'partsbay'), 0) as own_quantity,
                coalesce(sum(events.quantity) filter (where events.source_code <> 'partsbay'), 0) as stated_quantity
            from reservation.events
            where events.reservation_number = states.reservation_number and events.event_type_code = 'CONSUMED'
        ) as consumed
        where states.reservation_number = any (meet_usage.reservation_numbers) and states.due_quantity > 0
    ),

    -- Lines that name no reservation are met by those of their work order line, the first asked for first.
    used as (
        select own.*, named.lot_number as named_lot_number, unnamed.lot_number as unnamed_lot_number,
            greatest(
                named.quantity + least(greatest(unnamed.quantity - before.quantity, 0), own.requested_quantity),
                fitted.quantity
            ) as used_quantity,
            greatest(named.event_at, unnamed.event_at) as used_at
        from own
        cross join lateral (
            select coalesce(sum(lines.quantity), 0) as quantity, max(lines.event_at) as event_at,
                min(lines.lot_number) as lot_number
            from garage_inventory.usage_lines as lines
            where lines.reservation_number = own.reservation_number and lines.part_id = own.part_id
                and lines.source_code <> 'partsbay' and reservation.is_consuming(lines.usage_type_code)
                and lines.event_at < coalesce(own.expires_at, 'infinity')
        ) as named
        cross join lateral (
            select coalesce(sum(lines.quantity), 0) as quantity, max(lines.event_at) as event_at,
                min(lines.lot_number) as lot_number
            from garage_inventory.usage_lines as lines
            where (lines.garage_code, lines.work_order_number, lines.work_order_line)
                    = (own.garage_code, own.work_order_number, own.work_order_line)
                and lines.part_id = own.part_id and lines.reservation_number is null
                and lines.source_code <> 'partsbay' and reservation.is_consuming(lines.usage_type_code)
                and lines.event_at < coalesce(own.expires_at, 'infinity')
        ) as unnamed
        cross join lateral (
            select coalesce(sum(lines.quantity), 0) as quantity
            from garage_inventory.usage_lines as lines
            where lines.reservation_number = own.reservation_number and lines.source_code = 'partsbay'
                and reservation.is_consuming(lines.usage_type_code)
        ) as fitted
        cross join lateral (
            select coalesce(sum(case when others.due_quantity > 0 then others.requested_quantity - others.ended_quantity
                else others.consumed_quantity end), 0) as quantity
            from reservation.states as others
            where (others.garage_code, others.work_order_number, others.work_order_line)
                    = (own.garage_code, own.work_order_number, own.work_order_line)
                and others.part_id = own.part_id
                and (others.requested_at, others.reservation_number) < (own.requested_at, own.reservation_number)
        ) as before
    ),

    met as (
        select used.*, least(used.used_quantity - used.own_quantity, used.open_quantity) as quantity from used
    )

    select array_agg((met.reservation_number, 'CONSUMED', coalesce(met.named_lot_number, met.unnamed_lot_number),
        met.quantity,
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
comment on function reservation.meet_usage is 'Enter as consumed what usage lines say was used of these reservations and was not entered yet; in any order of arrival the same. The positions are locked and settled by the caller.';

create function garage_inventory.consume_reserved() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    numbers text[];
    touched record;
    elsewhere record;
begin
    if not exists (
        select from added
        where added.source_code <> 'partsbay' and reservation.is_consuming(added.usage_type_code) and (
            exists (
                select from reservation.states
                where (states.garage_code, states.work_order_number, states.work_order_line)
                    = (added.garage_code, added.work_order_number, added.work_order_line)
            )
            or added.reservation_number is not null
        )
    ) then
        return null;
    end if;
    select array_agg(garage_code) as garage_codes, array_agg(part_id) as part_ids into touched
    from (select distinct garage_code, part_id from added) as positions;
    perform reservation.lock_reach(touched.garage_codes, touched.part_ids);
    perform reservation.lapse_before(touched.garage_codes, touched.part_ids, min(event_at), max(recorded_at))
    from added;

    select array_agg(distinct states.reservation_number) into numbers
    from added
    inner join reservation.states on states.part_id = added.part_id and (
        states.reservation_number = added.reservation_number
        or added.reservation_number is null
            and (states.garage_code, states.work_order_number, states.work_order_line)
                = (added.garage_code, added.work_order_number, added.work_order_line)
    )
    where added.source_code <> 'partsbay' and reservation.is_consuming(added.usage_type_code)
        and states.due_quantity > 0;
    if numbers is not null then
        select array_agg(pegs.garage_code) as garage_codes, array_agg(pegs.part_id) as part_ids into elsewhere
        from reservation.pegs
        inner join reservation.states using (reservation_number)
        where pegs.reservation_number = any (numbers) and pegs.quantity > 0
            and pegs.garage_code <> states.garage_code;
        perform reservation.meet_usage(numbers, (select max(recorded_at) from added));
        if elsewhere.garage_codes is not null then
            perform reservation.follow(
                elsewhere.garage_codes, elsewhere.part_ids, max(event_at), max(recorded_at), 'WORK_ORDER',
                min(work_order_number)
            ) from added;
        end if;
    end if;

    -- What was fitted here and is now told by the garage as well is one use, not two.
    with reported as (
        select lines.garage_code, lines.work_order_number, lines.work_order_line, lines.part_id,
            least(coalesce(sum(lines.quantity) filter (where lines.source_code <> 'partsbay' and is_use), 0),
                coalesce(sum(lines.quantity) filter (where lines.source_code = 'partsbay' and is_use), 0))
                as both_quantity,
            coalesce(sum(lines.quantity) filter (where lines.source_code = 'partsbay' and not is_use), 0)
                as settled_quantity
        from (
            select distinct garage_code, work_order_number, work_order_line, part_id from added
            where added.source_code <> 'partsbay' and reservation.is_consuming(added.usage_type_code)
        ) as given
        inner join garage_inventory.usage_lines as lines using (garage_code, work_order_number, work_order_line, part_id)
        cross join lateral (select reservation.is_consuming(lines.usage_type_code) as is_use) as uses
        where is_use or (lines.usage_type_code = 'RETURN_UNUSED' and lines.source_code = 'partsbay')
        group by lines.garage_code, lines.work_order_number, lines.work_order_line, lines.part_id
    ),

    returned as (
        insert into garage_inventory.usage_lines (
            usage_line_id, garage_code, work_order_number, work_order_line, part_id, lot_number, condition_code,
            usage_type_code, quantity, uom_code, is_one_off, event_at, source_code, idempotency_key, payload_hash,
            actor, recorded_at
        )
        select garage_inventory.key_id(keys.key), told.garage_code, told.work_order_number, told.work_order_line,
            told.part_id, told.lot_number, told.condition_code, 'RETURN_UNUSED',
            reported.both_quantity - reported.settled_quantity, told.uom_code, false, told.event_at, 'partsbay',
            keys.key, keys.key, 'allocation', told.recorded_at
        from reported
        cross join lateral (
            select added.* from added
            where (added.garage_code, added.work_order_number, added.work_order_line, added.part_id)
                    = (reported.garage_code, reported.work_order_number, reported.work_order_line, reported.part_id)
                and added.source_code <> 'partsbay' and reservation.is_consuming(added.usage_type_code)
            order by added.event_at desc, added.idempotency_key
            limit 1
        ) as told
        cross join lateral (
            select garage_inventory.act_key('told twice', encode(told.idempotency_key, 'hex')) as key
        ) as keys
        where reported.both_quantity > reported.settled_quantity
        returning *
    )

    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at
    )
    select returned.usage_line_id, returned.garage_code, returned.part_id, returned.lot_number,
        coalesce(returned.condition_code, 'NEW'), 'RETURN', returned.quantity, 'RETURN_UNUSED',
        returned.work_order_number, returned.work_order_line, returned.event_at, returned.source_code,
        returned.idempotency_key, returned.actor, returned.recorded_at
    from returned;
    return null;
end
$$;
comment on function garage_inventory.consume_reserved is 'Usage of a line that has a reservation consumes it before its movement takes units from others, and is counted once where it was entered here as well.';
create trigger consume_reserved after insert on garage_inventory.usage_lines
    referencing new table as added for each statement execute function garage_inventory.consume_reserved();

-- ------------------------------------------------------- available by a date

create function reservation.available_by(garage_code text, part_id uuid, on_date date) returns table (
    available_now_quantity numeric, confirmed_quantity numeric, waiting_quantity numeric, available_quantity numeric
)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    with moment as (
        select (available_by.on_date + 1)::timestamp at time zone coalesce((
            select garages.time_zone from catalogue.garages_at() as garages
            where garages.garage_code = available_by.garage_code
        ), 'UTC') as ends_at
    ),

    lines as (
        select shipments.*,
            coalesce(shipments.purchase_order_number || chr(31) || shipments.purchase_order_line,
                shipments.supplier_code || chr(31) || shipments.shipment_number) as supply_code,
            catalogue.base_quantity(
                available_by.part_id, shipments.uom_code, shipments.shipped_quantity, shipments.stated_at
            ) as quantity
        from replenishment.shipment_lines as shipments
        where shipments.ship_to_code = available_by.garage_code
            and catalogue.part_id(shipments.brand_code, shipments.part_number) = available_by.part_id
            and coalesce(shipments.expected_on, shipments.shipped_at::date) <= available_by.on_date
    ),

    supplies as (
        select greatest(sum(lines.quantity) - coalesce((
                select sum(receipts.quantity) from garage_inventory.receipts
                where (receipts.garage_code, receipts.part_id) = (available_by.garage_code, available_by.part_id)
                    and (receipts.delivery_number = any (array_agg(lines.shipment_number))
                        or coalesce(receipts.purchase_order_number || chr(31) || receipts.purchase_order_line, '')
                            = lines.supply_code)
            ), 0), 0) as quantity
        from lines
        group by lines.supply_code
        union all
        select transfers.in_transit_quantity
        from garage_inventory.transfer_states as transfers
        cross join moment
        where (transfers.to_garage_code, transfers.part_id) = (available_by.garage_code, available_by.part_id)
            and transfers.in_transit_quantity > 0 and transfers.due_at < moment.ends_at
            and garage_inventory.is_sellable(transfers.condition_code)
    ),

    parts as (
        select
            coalesce((
                select availability.available_quantity from garage_inventory.availability
                where (availability.garage_code, availability.part_id) = (available_by.garage_code, available_by.part_id)
            ), 0) as available_now_quantity,
            coalesce((select sum(supplies.quantity) from supplies), 0) as confirmed_quantity,
            coalesce((
                select sum(states.backordered_quantity) from reservation.states cross join moment
                where (states.garage_code, states.part_id) = (available_by.garage_code, available_by.part_id)
                    and coalesce(states.need_by_at, states.requested_at) < moment.ends_at
                    and coalesce(states.expires_at, 'infinity') > now()
            ), 0) as waiting_quantity
    )

    select parts.*, parts.available_now_quantity + parts.confirmed_quantity - parts.waiting_quantity from parts
$$;
comment on function reservation.available_by is 'What can be promised by the end of a day of the garage (F5), with its parts, in base units: available now, plus shipments and transfers on their way and due by then that have not arrived, less what waits and is needed by then. May be below nothing. An order that was only acknowledged names no garage and is not counted.';

create function reservation.remaining_days(part_id uuid, at timestamptz) returns integer
    language sql stable
    return coalesce((
        select parts.min_remaining_days
        from catalogue.parts
        where parts.part_id = remaining_days.part_id and parts.valid_from_at <= remaining_days.at
        order by parts.valid_from_at desc, parts.revision_number desc
        limit 1
    ), 0);
comment on function reservation.remaining_days is 'Days that a lot of the part must keep after it is needed, where nobody asks for others.';

-- ---------------------------------------------------------------- grants

grant select on reservation.operations, reservation.statuses to partsbay_pipeline;
grant select on reservation.operations to partsbay_replication;
revoke execute on all functions in schema reservation from public;
revoke execute on function garage_inventory.consume_reserved() from public;
revoke execute on function reservation.lapse, reservation.lapse_before, reservation.meet_usage from partsbay_pipeline;
grant execute on function reservation.answer, reservation.consume, reservation.release, reservation.cancel,
    reservation.extend, reservation.pick, reservation.expire, reservation.available_by, reservation.remaining_days
    to partsbay_pipeline;
alter publication pub_reservation add table reservation.operations;
select audit.watch('reservation.operations');
