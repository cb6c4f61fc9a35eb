-- Whoever writes the state of a reservation says what is due to it: reservation.reserve and the rebuild.

create function audit.hash_in_full(written audit.records) returns bytea
    language sql stable
    return sha256((written).previous_hash || convert_to(jsonb_build_array(
        (written).hash_version, (written).stream_code, (written).lane_number, (written).sequence_number,
        (written).record_id, (written).actor, (written).service_code, (written).action_code,
        (written).operation_code, (written).relation_name, (written).batch_id, (written).row_count,
        encode((written).content_hash, 'hex'), (written).reason, (written).correlation_id, (written).details,
        to_char((written).recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'));
comment on function audit.hash_in_full is 'The hash that a record of version 2 must have.';

create or replace function audit.hash_of(written audit.records) returns bytea
    language sql stable
    return case (written).hash_version
        when 1 then sha256((written).previous_hash || convert_to(jsonb_build_array(
            (written).stream_code, (written).sequence_number, (written).actor, (written).action_code,
            (written).relation_name, (written).batch_id, (written).row_count,
            encode((written).content_hash, 'hex'), (written).details,
            to_char((written).recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'))
        else audit.hash_in_full(written)
        end;

-- Only triggers and functions write records; PostgreSQL would read this list again for each of them.
alter table audit.records drop constraint records_operation_code_check;

grant execute on function audit.hash_in_full to partsbay_ledger;
grant create on schema reservation to partsbay_ledger;
set local role partsbay_ledger;
create or replace function reservation.reserve(
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
    select lane.lane_number, lane.sequence_number, lane.record_hash, set_config('partsbay.actor', reserve.actor, true),
        pg_advisory_xact_lock(hashtextextended(reserve.reservation_number, 1)),
        pg_advisory_xact_lock(hashtextextended(
            concat_ws(chr(31), reserve.garage_code, reserve.work_order_number, reserve.work_order_line), 0
        ))
    into head
    from (
        select positions.garage_code
        from garage_inventory.positions
        where positions.garage_code = reserve.garage_code and positions.part_id = reserve.part_id
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
        for update of positions
    ) as position
    -- Only once the position is had.
    cross join lateral (
        select heads.lane_number, heads.sequence_number, heads.record_hash
        from audit.heads
        where heads.stream_code = 'reservation' and position.garage_code is not null
            -- A transaction that has a lane keeps it.
            and case when coalesce(current_setting('partsbay.lanes', true), '') = '' then true
                else heads.lane_number = (current_setting('partsbay.lanes')::jsonb ->> 'reservation')::integer end
        order by heads.lane_number
        limit 1
        for update of heads skip locked
    ) as lane;

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
        returning hash_record_extended(events, 0) as hash
    ),

    begun as (
        insert into reservation.states (
            reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number,
            work_order_line, priority, need_by_at, expires_at, requested_at, allows_other_garages,
            minimum_remaining_days, requested_quantity, reserved_quantity, consumed_quantity, ended_quantity,
            is_ended, is_promised, is_tried, last_sequence_number, last_event_type_code, last_event_at, due_quantity,
            backordered_quantity, surplus_quantity
        )
        values (
            reserve.reservation_number, reserve.garage_code, reserve.part_id, reserve.condition_code,
            coalesce(reserve.lot_number, ''), reserve.work_order_number, reserve.work_order_line, reserve.priority,
            reserve.need_by_at, reserve.expires_at, reserve.requested_at, false, reserve.minimum_remaining_days,
            reserve.quantity, reserve.quantity, 0, 0, false, false, false, 2, 'RESERVED', reserve.requested_at,
            reserve.quantity, 0, 0
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
    entered as (
        insert into audit.records (
            record_id, stream_code, sequence_number, actor, action_code, relation_name, row_count, content_hash, details,
            recorded_at, previous_hash, record_hash, lane_number, hash_version, operation_code, service_code, reason,
            correlation_id
        )
        select said.record_id, 'reservation', said.sequence_number, reserve.actor, said.action_code,
            'reservation.events', said.row_count, said.content_hash, said.details, first.recorded_at, head.record_hash,
            audit.hash_in_full(row(
                said.record_id, 'reservation', said.sequence_number, reserve.actor, said.action_code,
                'reservation.events', null::uuid, said.row_count, said.content_hash, said.details, first.recorded_at,
                head.record_hash, null::bytea, head.lane_number, 2::smallint, 'INSERT', said.service_code, said.reason,
                said.correlation_id
            )::audit.records),
            head.lane_number, 2::smallint, 'INSERT', said.service_code, said.reason, said.correlation_id
        from (
            select uuidv7() as record_id, head.sequence_number + 1 as sequence_number,
                coalesce(nullif(current_setting('partsbay.action', true), ''), 'INSERT') as action_code,
                count(*) as row_count,
                audit.packed(sum(added.hash), sum(hashint8extended(added.hash, 1))) as content_hash,
                jsonb_build_object('rows', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                    'reservation_number', reserve.reservation_number, 'garage_code', reserve.garage_code,
                    'part_id', reserve.part_id, 'condition_code', reserve.condition_code,
                    'lot_number', nullif(first.lot_number, ''), 'work_order_number', reserve.work_order_number
                )))) as details,
                session_user::text as service_code, nullif(current_setting('partsbay.reason', true), '') as reason,
                nullif(current_setting('partsbay.correlation_id', true), '') as correlation_id
            from added
            offset 0
        ) as said
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
reset role;
revoke create on schema reservation from partsbay_ledger;

create or replace function garage_inventory.rebuild() returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    changed_count bigint;
    answer jsonb := '{}';
begin
    -- Every writer locks a row of positions before it folds: who is at work ends first, and who comes waits.
    lock table garage_inventory.positions in exclusive mode;

    merge into quality_hold.holds using quality_hold.hold_folds as folds
    on (holds.part_id, holds.garage_code, holds.condition_code, holds.lot_number, holds.hold_number)
        = (folds.part_id, folds.garage_code, folds.condition_code, folds.lot_number, folds.hold_number)
    when matched and (holds.scope_code, holds.hold_reason_code, holds.severity_code, holds.placed_at, holds.due_at,
            holds.placed_quantity, holds.open_quantity, holds.is_released)
        is distinct from (folds.scope_code, folds.hold_reason_code, folds.severity_code, folds.placed_at,
            folds.due_at, folds.placed_quantity, folds.open_quantity, folds.is_released)
        then update set scope_code = folds.scope_code, hold_reason_code = folds.hold_reason_code,
            severity_code = folds.severity_code, placed_at = folds.placed_at, due_at = folds.due_at,
            placed_quantity = folds.placed_quantity, open_quantity = folds.open_quantity,
            is_released = folds.is_released
    when not matched then insert (hold_number, garage_code, part_id, condition_code, lot_number, scope_code,
            hold_reason_code, severity_code, placed_at, due_at, placed_quantity, open_quantity, is_released)
        values (folds.hold_number, folds.garage_code, folds.part_id, folds.condition_code, folds.lot_number,
            folds.scope_code, folds.hold_reason_code, folds.severity_code, folds.placed_at, folds.due_at,
            folds.placed_quantity, folds.open_quantity, folds.is_released)
    when not matched by source then delete;
    get diagnostics changed_count = row_count;
    answer := answer || jsonb_build_object('quality_hold.holds', changed_count);

    merge into reservation.states using reservation.expected_states as folds
    on states.reservation_number = folds.reservation_number
    when matched and (states.garage_code, states.part_id, states.condition_code, states.lot_number,
            states.work_order_number, states.work_order_line, states.priority, states.need_by_at, states.expires_at,
            states.requested_at, states.allows_other_garages, states.minimum_remaining_days,
            states.requested_quantity, states.reserved_quantity, states.consumed_quantity, states.ended_quantity,
            states.is_ended, states.is_promised, states.is_tried, states.last_sequence_number,
            states.last_event_type_code, states.last_event_at, states.due_quantity, states.backordered_quantity,
            states.surplus_quantity)
        is distinct from (folds.garage_code, folds.part_id, folds.condition_code, folds.lot_number,
            folds.work_order_number, folds.work_order_line, folds.priority, folds.need_by_at, folds.expires_at,
            folds.requested_at, folds.allows_other_garages, folds.minimum_remaining_days,
            folds.requested_quantity, folds.reserved_quantity, folds.consumed_quantity, folds.ended_quantity,
            folds.is_ended, folds.is_promised, folds.is_tried, folds.last_sequence_number,
            folds.last_event_type_code, folds.last_event_at, folds.due_quantity, folds.backordered_quantity,
            folds.surplus_quantity)
        then update set garage_code = folds.garage_code, part_id = folds.part_id,
            condition_code = folds.condition_code, lot_number = folds.lot_number,
            work_order_number = folds.work_order_number, work_order_line = folds.work_order_line,
            priority = folds.priority, need_by_at = folds.need_by_at, expires_at = folds.expires_at,
            requested_at = folds.requested_at, allows_other_garages = folds.allows_other_garages,
            minimum_remaining_days = folds.minimum_remaining_days, requested_quantity = folds.requested_quantity,
            reserved_quantity = folds.reserved_quantity, consumed_quantity = folds.consumed_quantity,
            ended_quantity = folds.ended_quantity, is_ended = folds.is_ended, is_promised = folds.is_promised,
            is_tried = folds.is_tried, last_sequence_number = folds.last_sequence_number,
            last_event_type_code = folds.last_event_type_code, last_event_at = folds.last_event_at,
            due_quantity = folds.due_quantity, backordered_quantity = folds.backordered_quantity,
            surplus_quantity = folds.surplus_quantity
    when not matched then insert (reservation_number, garage_code, part_id, condition_code, lot_number,
            work_order_number, work_order_line, priority, need_by_at, expires_at, requested_at, allows_other_garages,
            minimum_remaining_days, requested_quantity, reserved_quantity, consumed_quantity, ended_quantity,
            is_ended, is_promised, is_tried, last_sequence_number, last_event_type_code, last_event_at, due_quantity,
            backordered_quantity, surplus_quantity)
        values (folds.reservation_number, folds.garage_code, folds.part_id, folds.condition_code, folds.lot_number,
            folds.work_order_number, folds.work_order_line, folds.priority, folds.need_by_at, folds.expires_at,
            folds.requested_at, folds.allows_other_garages, folds.minimum_remaining_days, folds.requested_quantity,
            folds.reserved_quantity, folds.consumed_quantity, folds.ended_quantity, folds.is_ended,
            folds.is_promised, folds.is_tried, folds.last_sequence_number, folds.last_event_type_code,
            folds.last_event_at, folds.due_quantity, folds.backordered_quantity, folds.surplus_quantity)
    when not matched by source then delete;
    get diagnostics changed_count = row_count;
    answer := answer || jsonb_build_object('reservation.states', changed_count);

    merge into reservation.pegs using reservation.peg_folds as folds
    on (pegs.part_id, pegs.garage_code, pegs.condition_code, pegs.lot_number, pegs.reservation_number)
        = (folds.part_id, folds.garage_code, folds.condition_code, folds.lot_number, folds.reservation_number)
    when matched and pegs.quantity <> folds.quantity then update set quantity = folds.quantity
    when not matched then insert (part_id, garage_code, condition_code, lot_number, reservation_number, quantity)
        values (folds.part_id, folds.garage_code, folds.condition_code, folds.lot_number, folds.reservation_number,
            folds.quantity)
    when not matched by source then delete;
    get diagnostics changed_count = row_count;
    answer := answer || jsonb_build_object('reservation.pegs', changed_count);

    merge into garage_inventory.cells using garage_inventory.expected_cells as expected
    on (cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number)
        = (expected.part_id, expected.garage_code, expected.condition_code, expected.lot_number)
    when matched and (cells.on_hand_quantity, cells.counted_at, cells.moved_at, cells.hold_quantity,
            cells.reserved_quantity, cells.expires_on, cells.received_at)
        is distinct from (expected.on_hand_quantity, expected.counted_at, expected.moved_at, expected.hold_quantity,
            expected.reserved_quantity, expected.expires_on, expected.received_at)
        then update set on_hand_quantity = expected.on_hand_quantity, counted_at = expected.counted_at,
            moved_at = expected.moved_at, hold_quantity = expected.hold_quantity,
            reserved_quantity = expected.reserved_quantity, expires_on = expected.expires_on,
            received_at = expected.received_at
    when not matched then insert (garage_code, part_id, condition_code, lot_number, on_hand_quantity, counted_at,
            moved_at, hold_quantity, reserved_quantity, expires_on, received_at)
        values (expected.garage_code, expected.part_id, expected.condition_code, expected.lot_number,
            expected.on_hand_quantity, expected.counted_at, expected.moved_at, expected.hold_quantity,
            expected.reserved_quantity, expected.expires_on, expected.received_at)
    when not matched by source then delete;
    get diagnostics changed_count = row_count;
    answer := answer || jsonb_build_object('garage_inventory.cells', changed_count);

    insert into garage_inventory.positions (garage_code, part_id)
    select garage_code, part_id from garage_inventory.expected_positions
    on conflict do nothing;
    get diagnostics changed_count = row_count;
    answer := answer || jsonb_build_object('garage_inventory.positions', changed_count);

    -- What was promised from numbers that were wrong.
    select reservation.settle(
        array_agg(cells.garage_code), array_agg(cells.part_id), max(coalesce(cells.moved_at, cells.counted_at)),
        clock_timestamp(), 'REBUILD'
    ) into changed_count
    from garage_inventory.cells
    where cells.reserved_quantity > greatest(cells.sellable_quantity, 0)
    having count(*) > 0;
    return answer || jsonb_build_object('reservation.events', coalesce(changed_count, 0));
end
$$;
