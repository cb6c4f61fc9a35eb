-- A reservation that nobody else has a word in is entered at once: one statement, with its record.
--
-- Triggers fold and record what anybody else enters. The role partsbay_ledger owns the one function that enters what it
-- has folded and recorded itself, in the same statement; nobody logs in as it, and whoever calls the function does not
-- become it. So no setting of a session can keep a row out of the folds or of the audit.

create or replace function audit.set_triggers(relation regclass, operations text[]) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    operation text;
    batch text := coalesce((select case when attnotnull then 'always' else 'sometimes' end from pg_attribute
        where attrelid = relation and attname = 'batch_id'), 'never');
    others text[] := (
        select array_agg(attname::text)
        from pg_attribute
        where attrelid = relation and attnum > 0 and not attisdropped
            and (attname in ('source_code', 'batch_id')
                or not (atttypid in ('text'::regtype, 'uuid'::regtype) and attname ~ '_(code|number|id|key)$'))
    );
begin
    foreach operation in array operations loop
        execute format('drop trigger if exists %I on %s', 'audit_' || operation, relation);
        execute format(
            'create trigger %I %s %s on %s %s for each statement %s execute function audit.record_change(%L, %L)',
            'audit_' || operation,
            case operation when 'truncate' then 'before' else 'after' end, operation, relation,
            case operation
                when 'insert' then 'referencing new table as new_rows'
                when 'update' then 'referencing old table as old_rows new table as new_rows'
                when 'delete' then 'referencing old table as old_rows'
                else ''
            end,
            -- What is entered together with its record needs no other.
            case operation when 'insert' then 'when (current_user <> ''partsbay_ledger'')' else '' end,
            others, batch);
    end loop;
end
$$;

comment on function audit.set_triggers is 'Make the triggers that leave a record of these operations. Rows that the role partsbay_ledger inserts come with their record.';

select audit.set_triggers('reservation.events', array['insert', 'update', 'delete', 'truncate']);
drop trigger fold on reservation.events;
create trigger fold after insert on reservation.events
    referencing new table as added for each statement when (current_user <> 'partsbay_ledger')
    execute function reservation.fold_events();
drop trigger follow_reservations on reservation.events;
create trigger follow_reservations after insert on reservation.events
    referencing new table as added for each statement when (current_user <> 'partsbay_ledger')
    execute function garage_inventory.follow_reservations();

-- ------------------------------------------------------------ in the queue

create function reservation.ask(
    reservation_number text, garage_code text, part_id uuid, quantity numeric, work_order_number text,
    work_order_line text, actor text, need_by_at timestamptz default null, priority integer default 5,
    expires_at timestamptz default null, condition_code text default 'NEW', lot_number text default null,
    allows_other_garages boolean default false, minimum_remaining_days integer default 0,
    requested_at timestamptz default clock_timestamp()
) returns reservation.states
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    state reservation.states;
    other text;
begin
    perform reservation.refuse_standby();
    perform reservation.check_asked(ask.part_id, ask.quantity, ask.requested_at, ask.actor);
    perform set_config('partsbay.actor', ask.actor, true);
    if ask.allows_other_garages then
        perform garage_inventory.lock_positions(array_agg(reached.garage_code), array_agg(ask.part_id))
        from (
            select ask.garage_code
            union select cells.garage_code from garage_inventory.cells where cells.part_id = ask.part_id
            union select states.garage_code from reservation.states
            where states.part_id = ask.part_id and states.due_quantity > 0 and states.expires_at is not null
        ) as reached;
        perform reservation.lapse_before(
            array_agg(states.garage_code), array_agg(states.part_id), ask.requested_at, clock_timestamp()
        )
        from reservation.states
        where states.part_id = ask.part_id and states.due_quantity > 0 and states.expires_at is not null;
    else
        perform garage_inventory.lock_positions(array[ask.garage_code], array[ask.part_id]);
        perform reservation.lapse_before(
            array[ask.garage_code], array[ask.part_id], ask.requested_at, clock_timestamp()
        );
    end if;
    perform pg_advisory_xact_lock(hashtextextended(ask.reservation_number, 1));
    perform pg_advisory_xact_lock(hashtextextended(
        concat_ws(chr(31), ask.garage_code, ask.work_order_number, ask.work_order_line), 0
    ));
    select * into state from reservation.states where states.reservation_number = ask.reservation_number;
    if found then
        if (state.garage_code, state.part_id, state.requested_quantity, state.work_order_number, state.work_order_line)
            is distinct from (ask.garage_code, ask.part_id, ask.quantity::numeric(14, 3),
                ask.work_order_number, ask.work_order_line)
            or exists (
                select from reservation.events as asked
                where asked.reservation_number = ask.reservation_number and asked.sequence_number = 1
                    and asked.source_code = 'partsbay'
                    and (asked.condition_code, asked.lot_number, asked.priority, asked.need_by_at, asked.expires_at,
                            asked.allows_other_garages)
                        is distinct from (ask.condition_code, ask.lot_number, ask.priority,
                            ask.need_by_at, ask.expires_at, ask.allows_other_garages)
            ) then
            raise exception 'reservation % says something else already', ask.reservation_number
                using errcode = 'PB001', hint = 'Use a new reservation number for a new request.';
        end if;
        return state;
    end if;
    select states.reservation_number into other
    from reservation.states
    where (states.garage_code, states.work_order_number, states.work_order_line)
        = (ask.garage_code, ask.work_order_number, ask.work_order_line)
        and states.due_quantity > 0 and coalesce(states.expires_at, 'infinity') > ask.requested_at;
    if found then
        raise exception 'reservation % is active for line % of work order % already',
            other, ask.work_order_line, ask.work_order_number
            using errcode = 'PB002', hint = 'Cancel it first, or reserve for another line.';
    end if;

    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
        quantity, work_order_number, work_order_line, priority, need_by_at, expires_at, allows_other_garages,
        minimum_remaining_days, event_at, source_code, idempotency_key, payload_hash, actor, recorded_at
    )
    select ask.reservation_number, 1, 'REQUESTED', ask.garage_code, ask.part_id, ask.condition_code, ask.lot_number,
        ask.quantity, ask.work_order_number, ask.work_order_line, ask.priority, ask.need_by_at, ask.expires_at,
        ask.allows_other_garages, ask.minimum_remaining_days, ask.requested_at, 'partsbay', key, key, ask.actor,
        clock_timestamp()
    from reservation.event_key(ask.reservation_number, 1) as key;
    perform reservation.settle(
        array[ask.garage_code], array[ask.part_id], ask.requested_at, clock_timestamp(), 'REQUEST',
        ask.reservation_number, ask.actor
    );
    select * into state from reservation.states where states.reservation_number = ask.reservation_number;
    return state;
end
$$;
comment on function reservation.ask is 'Ask for units through the queue: the way of whatever reservation.reserve cannot answer at once.';

-- ----------------------------------------------------------------- at once

drop function reservation.reserve;
create function reservation.reserve(
    reservation_number text, garage_code text, part_id uuid, quantity numeric, work_order_number text,
    work_order_line text, actor text, need_by_at timestamptz default null, priority integer default 5,
    expires_at timestamptz default null, condition_code text default 'NEW', lot_number text default null,
    allows_other_garages boolean default false, minimum_remaining_days integer default 0,
    requested_at timestamptz default clock_timestamp()
) returns reservation.states
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
as $$
declare
    head record;
    first record;
    state reservation.states;
begin
    -- One statement has all locks: of the position, of the number, of the line, and of a lane of the audit. What it finds
    -- may be old by the time it has them, so it only says who may try.
    select heads.lane_number, heads.sequence_number, heads.record_hash, set_config('partsbay.actor', reserve.actor, true),
        pg_advisory_xact_lock(hashtextextended(reserve.reservation_number, 1)),
        pg_advisory_xact_lock(hashtextextended(
            concat_ws(chr(31), reserve.garage_code, reserve.work_order_number, reserve.work_order_line), 0
        ))
    into head
    from garage_inventory.positions
    cross join audit.heads
    where positions.garage_code = reserve.garage_code and positions.part_id = reserve.part_id
        and heads.stream_code = 'reservation'
        -- A transaction that has a lane keeps it.
        and case when coalesce(current_setting('partsbay.lanes', true), '') = '' then true
            else heads.lane_number = (current_setting('partsbay.lanes')::jsonb ->> 'reservation')::integer end
        and coalesce(current_setting('partsbay.batch_id', true), '') = ''
        and not reserve.allows_other_garages
        and reserve.quantity > 0 and reserve.quantity < 'Infinity' and reserve.quantity = trunc(reserve.quantity)
        and btrim(reserve.actor) <> ''
        and reserve.requested_at <= clock_timestamp() + interval '15 minutes'
        and (reserve.expires_at is null or reserve.expires_at > reserve.requested_at)
        and not exists (select from pg_subscription where subenabled)
        -- Who shares a part between garages locks them all in one order: this one is not locked ahead of them.
        and not exists (
            select from reservation.states
            where states.part_id = reserve.part_id
                and states.allows_other_garages and (states.due_quantity > 0 or states.reserved_quantity > 0)
        )
    order by heads.lane_number
    limit 1
    for update of positions
    for update of heads skip locked;

    -- The first lot to pick has it all, no cell carries too much, nobody waits or is overdue, and neither the number
    -- nor the line has a reservation.
    if found then
        select picked.lot_number, clock_timestamp() as recorded_at into first
        from (
            select cells.lot_number, cells.sellable_quantity - cells.reserved_quantity as free_quantity
            from garage_inventory.cells
            where cells.part_id = reserve.part_id and cells.garage_code = reserve.garage_code
                and cells.condition_code = reserve.condition_code
                and (cells.sellable_quantity < cells.reserved_quantity
                    or (cells.sellable_quantity > cells.reserved_quantity
                        and (reserve.lot_number is null or cells.lot_number = reserve.lot_number)
                        and (cells.expires_on is null or cells.expires_on > reserve.minimum_remaining_days
                            + garage_inventory.day_at(
                                reserve.garage_code, coalesce(reserve.need_by_at, reserve.requested_at)
                            ))))
            order by cells.sellable_quantity > cells.reserved_quantity, cells.expires_on nulls last,
                cells.received_at nulls last, cells.lot_number
            limit 1
        ) as picked
        where picked.free_quantity >= reserve.quantity
            and not exists (
                select from reservation.states
                where states.part_id = reserve.part_id and states.backordered_quantity > 0
                    and (states.garage_code = reserve.garage_code or states.allows_other_garages)
            )
            and not exists (
                select from reservation.states
                where states.part_id = reserve.part_id and states.garage_code = reserve.garage_code
                    and states.due_quantity > 0 and states.expires_at <= reserve.requested_at
            )
            and not exists (
                select from reservation.states where states.reservation_number = reserve.reservation_number
            )
            and not exists (
                select from reservation.states
                where states.garage_code = reserve.garage_code
                    and states.work_order_number = reserve.work_order_number
                    and states.work_order_line = reserve.work_order_line
                    and states.due_quantity > 0 and coalesce(states.expires_at, 'infinity') > reserve.requested_at
            );
    end if;
    if not found then
        return reservation.ask(
            reserve.reservation_number, reserve.garage_code, reserve.part_id, reserve.quantity,
            reserve.work_order_number, reserve.work_order_line, reserve.actor, reserve.need_by_at, reserve.priority,
            reserve.expires_at, reserve.condition_code, reserve.lot_number, reserve.allows_other_garages,
            reserve.minimum_remaining_days, reserve.requested_at
        );
    end if;

    with added as (
        -- The keys are those of reservation.event_key.
        insert into reservation.events (
            reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
            peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority, need_by_at,
            expires_at, minimum_remaining_days, caused_by_code, caused_by_number, event_at, source_code,
            idempotency_key, payload_hash, actor, recorded_at
        )
        select reserve.reservation_number, steps.sequence_number, steps.event_type_code, reserve.garage_code,
            reserve.part_id, reserve.condition_code, steps.lot_number, steps.peg_garage_code, reserve.quantity,
            steps.peg_quantity, reserve.work_order_number, reserve.work_order_line, reserve.priority,
            reserve.need_by_at, reserve.expires_at, reserve.minimum_remaining_days, steps.caused_by_code,
            steps.caused_by_number, reserve.requested_at, 'partsbay', steps.key, steps.key, reserve.actor,
            first.recorded_at
        from (
            values (1, 'REQUESTED', reserve.lot_number, null, 0, null, null,
                sha256(convert_to('partsbay|reservation|' || reserve.reservation_number || '|1', 'UTF8'))),
            (2, 'RESERVED', nullif(first.lot_number, ''), reserve.garage_code, reserve.quantity, 'REQUEST',
                reserve.reservation_number,
                sha256(convert_to('partsbay|reservation|' || reserve.reservation_number || '|2', 'UTF8')))
        ) as steps (
            sequence_number, event_type_code, lot_number, peg_garage_code, peg_quantity, caused_by_code,
            caused_by_number, key
        )
        returning events.*
    ),

    begun as (
        insert into reservation.states (
            reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number,
            work_order_line, priority, need_by_at, expires_at, requested_at, allows_other_garages,
            minimum_remaining_days, requested_quantity, reserved_quantity, consumed_quantity, ended_quantity,
            is_ended, is_promised, is_tried, last_sequence_number, last_event_type_code, last_event_at
        )
        values (
            reserve.reservation_number, reserve.garage_code, reserve.part_id, reserve.condition_code,
            coalesce(reserve.lot_number, ''), reserve.work_order_number, reserve.work_order_line, reserve.priority,
            reserve.need_by_at, reserve.expires_at, reserve.requested_at, false, reserve.minimum_remaining_days,
            reserve.quantity, reserve.quantity, 0, 0, false, false, false, 2, 'RESERVED', reserve.requested_at
        )
        returning states.*
    ),

    pegged as (
        insert into reservation.pegs (
            part_id, garage_code, condition_code, lot_number, reservation_number, quantity
        )
        values (
            reserve.part_id, reserve.garage_code, reserve.condition_code, first.lot_number,
            reserve.reservation_number, reserve.quantity
        )
    ),

    promised as (
        update garage_inventory.cells set reserved_quantity = cells.reserved_quantity + reserve.quantity
        where cells.part_id = reserve.part_id and cells.garage_code = reserve.garage_code
            and cells.condition_code = reserve.condition_code and cells.lot_number = first.lot_number
    ),

    -- The record, as audit.record_change and audit.enter write it.
    said as (
        select uuidv7() as record_id, head.sequence_number + 1 as sequence_number,
            coalesce(nullif(current_setting('partsbay.action', true), ''), 'INSERT') as action_code,
            count(*) as row_count,
            audit.packed(sum(hashes.hash), sum(hashint8extended(hashes.hash, 1))) as content_hash,
            jsonb_build_object('rows', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                'reservation_number', reserve.reservation_number, 'garage_code', reserve.garage_code,
                'part_id', reserve.part_id, 'condition_code', reserve.condition_code,
                'lot_number', nullif(first.lot_number, ''), 'work_order_number', reserve.work_order_number
            )))) as details,
            session_user::text as service_code, nullif(current_setting('partsbay.reason', true), '') as reason,
            nullif(current_setting('partsbay.correlation_id', true), '') as correlation_id
        from (select hash_record_extended(added, 0) as hash from added offset 0) as hashes
    ),

    entered as (
        insert into audit.records (
            record_id, stream_code, sequence_number, actor, action_code, relation_name, row_count, content_hash, details,
            recorded_at, previous_hash, record_hash, lane_number, hash_version, operation_code, service_code, reason,
            correlation_id
        )
        select said.record_id, 'reservation', said.sequence_number, reserve.actor, said.action_code,
            'reservation.events', said.row_count, said.content_hash, said.details, first.recorded_at, head.record_hash,
            audit.hash_of(row(
                said.record_id, 'reservation', said.sequence_number, reserve.actor, said.action_code,
                'reservation.events', null::uuid, said.row_count, said.content_hash, said.details, first.recorded_at,
                head.record_hash, null::bytea, head.lane_number, 2::smallint, 'INSERT', said.service_code, said.reason,
                said.correlation_id
            )::audit.records),
            head.lane_number, 2::smallint, 'INSERT', said.service_code, said.reason, said.correlation_id
        from said
        returning records.record_hash
    ),

    chained as (
        update audit.heads
        set sequence_number = head.sequence_number + 1, record_hash = entered.record_hash
        from entered
        where heads.stream_code = 'reservation' and heads.lane_number = head.lane_number
        returning set_config('partsbay.lanes', jsonb_set(
            coalesce(nullif(current_setting('partsbay.lanes', true), ''), '{}')::jsonb, '{reservation}',
            to_jsonb(head.lane_number)
        )::text, true)
    )
    -- The record ends here.

    select begun.* into state from begun;
    return state;
end
$$;
comment on function reservation.reserve is 'Ask for units for a line of a work order and answer with what became of it. The same number again answers as the first time; another content under it is refused (PB001), so is a second active reservation of the line (PB002), what is asked by nobody (PB901), of no quantity (PB904) or in the future (PB907).';

-- ---------------------------------------------------------------- grants

grant usage on schema reservation, garage_inventory, catalogue, audit to partsbay_ledger;
grant select, insert on reservation.events, reservation.states, reservation.pegs, audit.records to partsbay_ledger;
grant select, update on garage_inventory.positions, garage_inventory.cells, audit.heads to partsbay_ledger;
grant select on catalogue.garages to partsbay_ledger;
grant execute on function reservation.ask, garage_inventory.is_sellable, garage_inventory.day_at, audit.packed,
    audit.wrapped, audit.hash_of to partsbay_ledger;
revoke execute on function reservation.reserve, reservation.ask from public;
grant execute on function reservation.reserve to partsbay_pipeline;
grant create on schema reservation to partsbay_ledger;
alter function reservation.reserve owner to partsbay_ledger;
revoke create on schema reservation from partsbay_ledger;
