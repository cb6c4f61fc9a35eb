-- Requests that come in their hundreds, where all who ask can have what they ask for, are answered in one statement.
--
-- Where what is free of the first lot to pick is enough for everybody who asks there, and nobody else waits or is
-- overdue, the answer does not depend on the order of the queue: events, states, pegs and cells are entered in their
-- final form. All other positions of the same statement go through the queue, which comes to the same. What is entered
-- here comes with its record, as what reservation.reserve enters does, and so the function belongs to partsbay_ledger.
--
-- What is due to a reservation is no generated column any more: PostgreSQL reads and plans the expression of such a
-- column again for every statement that writes the table, which was a quarter of a single reservation.

create function reservation.owed(
    requested_quantity numeric, consumed_quantity numeric, ended_quantity numeric, is_ended boolean,
    reserved_quantity numeric
) returns table (due_quantity numeric, backordered_quantity numeric, surplus_quantity numeric)
    language sql immutable parallel safe
begin atomic
    select dues.quantity, greatest(dues.quantity - greatest(owed.reserved_quantity, 0), 0),
        greatest(owed.reserved_quantity - dues.quantity, 0)
    from (
        select case when owed.is_ended then 0
            else greatest(owed.requested_quantity - owed.consumed_quantity - owed.ended_quantity, 0) end as quantity
    ) as dues;
end;
comment on function reservation.owed is 'What is due to a reservation; what of it is not reserved; and what is reserved and no longer due.';

create view reservation.expected_states as
select folds.*, owed.due_quantity, owed.backordered_quantity, owed.surplus_quantity
from reservation.state_folds as folds
cross join lateral reservation.owed(
    folds.requested_quantity, folds.consumed_quantity, folds.ended_quantity, folds.is_ended, folds.reserved_quantity
) as owed;
comment on view reservation.expected_states is 'Every row of reservation.states as it must be, from nothing but the events.';

alter table reservation.states
    alter column due_quantity drop expression,
    alter column backordered_quantity drop expression,
    alter column surplus_quantity drop expression;

-- A standby may still be sent rows by a primary that generated these columns.
create function reservation.fill_owed() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    select owed.due_quantity, owed.backordered_quantity, owed.surplus_quantity
    into new.due_quantity, new.backordered_quantity, new.surplus_quantity
    from reservation.owed(
        new.requested_quantity, new.consumed_quantity, new.ended_quantity, new.is_ended, new.reserved_quantity
    ) as owed;
    return new;
end
$$;
create trigger fill_owed before insert or update on reservation.states
    for each row execute function reservation.fill_owed();
alter table reservation.states enable replica trigger fill_owed;

create function reservation.at_once_from() returns integer
    language sql immutable parallel safe
    return 100;
comment on function reservation.at_once_from is 'From so many requests of one statement on, those that can all have what they ask for are answered at once. More than a record of the audit names one by one.';

create or replace function reservation.fold_events() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    stated record;
    touched record;
    answered record;
    rest text[];
    found record;
    misfits reservation.match[];
begin
    select count(*) as event_count, max(event_at) as happened_at, max(recorded_at) as recorded_at,
        min(batch_id::text) as cause,
        coalesce(nullif(current_setting('partsbay.actor', true), ''), 'allocation') as actor
    into stated
    from added where source_code <> 'partsbay';
    -- Allocation has locked what it writes to.
    if stated.event_count > 0 then
        select array_agg(garage_code) as garage_codes, array_agg(part_id) as part_ids into touched
        from (
            select garage_code, part_id from added where source_code <> 'partsbay'
            union
            select peg_garage_code, part_id from added
            where source_code <> 'partsbay' and peg_garage_code is not null
            union
            -- Where the reservation stood before, if this moves it.
            select states.garage_code, states.part_id from added
            inner join reservation.states using (reservation_number)
            where added.source_code <> 'partsbay'
            union
            select pegs.garage_code, pegs.part_id from added
            inner join reservation.pegs using (reservation_number)
            where added.source_code <> 'partsbay' and pegs.quantity > 0
            union
            select cells.garage_code, cells.part_id from added
            inner join garage_inventory.cells using (part_id)
            where added.source_code <> 'partsbay' and added.allows_other_garages
            union
            select states.garage_code, states.part_id from added
            inner join reservation.states using (part_id)
            where added.source_code <> 'partsbay' and added.allows_other_garages and states.due_quantity > 0
                and states.expires_at is not null
        ) as positions;
        perform garage_inventory.lock_positions(touched.garage_codes, touched.part_ids);
        perform reservation.lapse_before(
            touched.garage_codes, touched.part_ids, stated.happened_at, stated.recorded_at
        );
    end if;

    if stated.event_count >= reservation.at_once_from() then
        -- Planned for the number of rows at hand.
        perform set_config('enable_hashjoin', 'on', true);
        execute $statement$
            with repeated as (
                select added.reservation_number from added group by added.reservation_number having count(*) > 1
            ),

            marked as materialized (
                select added.reservation_number, added.part_id, added.garage_code, added.condition_code, added.quantity,
                    coalesce(added.need_by_at, added.event_at) as need_at, added.minimum_remaining_days,
                    added.allows_other_garages,
                    added.event_type_code = 'REQUESTED' and added.source_code <> 'partsbay'
                        and added.lot_number is null and added.peg_quantity = 0 and added.quantity > 0
                        and not added.allows_other_garages
                        and coalesce(added.expires_at, 'infinity') > $1
                        and added.reservation_number not in (select * from repeated)
                        and states.reservation_number is null
                        and not exists (
                            select from garage_inventory.usage_lines as lines
                            where lines.garage_code = added.garage_code
                                and lines.work_order_number = added.work_order_number
                                and lines.work_order_line = added.work_order_line
                        )
                        and not exists (
                            select from garage_inventory.usage_lines as lines
                            where lines.reservation_number = added.reservation_number
                        ) as is_plain
                from added
                left join reservation.states using (reservation_number)
            ),

            -- What news of a reservation that is known, or that may have units from anywhere, can change.
            involved as materialized (
                select states.part_id, states.garage_code
                from marked inner join reservation.states using (reservation_number)
                where not marked.is_plain
                union
                select pegs.part_id, pegs.garage_code
                from marked inner join reservation.pegs using (reservation_number)
                where not marked.is_plain
            ),

            wanted as (
                select marked.part_id, marked.garage_code, min(marked.condition_code) as condition_code,
                    sum(marked.quantity) as quantity, max(marked.need_at) as need_at,
                    max(marked.minimum_remaining_days) as minimum_remaining_days, count(*) as request_count
                from marked
                group by marked.part_id, marked.garage_code
                having bool_and(marked.is_plain) and min(marked.condition_code) = max(marked.condition_code)
            ),

            -- The first lot to pick has it all, and no cell carries too much.
            able as materialized (
                select wanted.*, picked.lot_number
                from wanted
                cross join lateral (
                    select cells.lot_number, cells.expires_on,
                        cells.sellable_quantity - cells.reserved_quantity as free_quantity
                    from garage_inventory.cells
                    where cells.part_id = wanted.part_id and cells.garage_code = wanted.garage_code
                        and (cells.sellable_quantity < cells.reserved_quantity
                            or (cells.sellable_quantity > cells.reserved_quantity
                                and cells.condition_code = wanted.condition_code))
                    order by cells.sellable_quantity > cells.reserved_quantity, cells.expires_on nulls last,
                        cells.received_at nulls last, cells.lot_number
                    limit 1
                ) as picked
                where picked.free_quantity >= wanted.quantity
                    and (picked.expires_on is null or picked.expires_on > wanted.minimum_remaining_days
                        + garage_inventory.day_at(wanted.garage_code, wanted.need_at))
                    and not exists (
                        select from reservation.states
                        where states.part_id = wanted.part_id and states.garage_code = wanted.garage_code
                            and states.backordered_quantity > 0
                    )
                    and not exists (
                        select from reservation.states
                        where states.part_id = wanted.part_id and states.garage_code = wanted.garage_code
                            and states.surplus_quantity > 0
                    )
                    and not exists (
                        select from reservation.states
                        where states.part_id = wanted.part_id
                            and states.allows_other_garages and (states.due_quantity > 0 or states.reserved_quantity > 0)
                    )
                    and not exists (
                        select from marked where marked.part_id = wanted.part_id and marked.allows_other_garages
                    )
                    and (wanted.part_id, wanted.garage_code) not in (select * from involved)
            ),

            plenty as materialized (
                select able.* from able where (select sum(able.request_count) from able) >= reservation.at_once_from()
            ),

            asked as materialized (
                select added.*, plenty.lot_number as peg_lot_number, added.sequence_number + 1 as answer_number
                from added
                inner join plenty using (part_id, garage_code)
            ),

            entered as (
                -- The keys are those of reservation.event_key.
                insert into reservation.events (
                    reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code,
                    lot_number, peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority,
                    need_by_at, expires_at, minimum_remaining_days, caused_by_code, caused_by_number, event_at,
                    source_code, idempotency_key, payload_hash, actor, recorded_at
                )
                select asked.reservation_number, asked.answer_number, 'RESERVED', asked.garage_code, asked.part_id,
                    asked.condition_code, nullif(asked.peg_lot_number, ''), asked.garage_code, asked.quantity,
                    asked.quantity, asked.work_order_number, asked.work_order_line, asked.priority, asked.need_by_at,
                    asked.expires_at, asked.minimum_remaining_days, 'REQUEST', $3, $1, 'partsbay', keys.key, keys.key,
                    $4, $2
                from asked
                cross join lateral (
                    select sha256(convert_to(
                        'partsbay|reservation|' || asked.reservation_number || '|' || asked.answer_number, 'UTF8'
                    )) as key
                    offset 0
                ) as keys
                returning hash_record_extended(events, 0) as hash
            ),

            begun as (
                insert into reservation.states (
                    reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number,
                    work_order_line, priority, need_by_at, expires_at, requested_at, allows_other_garages,
                    minimum_remaining_days, requested_quantity, reserved_quantity, consumed_quantity, ended_quantity,
                    is_ended, is_promised, is_tried, last_sequence_number, last_event_type_code, last_event_at,
                    due_quantity, backordered_quantity, surplus_quantity
                )
                select asked.reservation_number, asked.garage_code, asked.part_id, asked.condition_code, '',
                    asked.work_order_number, asked.work_order_line, asked.priority, asked.need_by_at, asked.expires_at,
                    asked.event_at, false, asked.minimum_remaining_days, asked.quantity, asked.quantity, 0, 0, false,
                    false, false, asked.answer_number, 'RESERVED', $1, asked.quantity, 0, 0
                from asked
            ),

            pegged as (
                insert into reservation.pegs (
                    part_id, garage_code, condition_code, lot_number, reservation_number, quantity
                )
                select asked.part_id, asked.garage_code, asked.condition_code, asked.peg_lot_number,
                    asked.reservation_number, asked.quantity
                from asked
            ),

            promised as (
                update garage_inventory.cells set reserved_quantity = cells.reserved_quantity + plenty.quantity
                from plenty
                where cells.part_id = plenty.part_id and cells.garage_code = plenty.garage_code
                    and cells.condition_code = plenty.condition_code and cells.lot_number = plenty.lot_number
            )

            select hashes.*, rest.*, positions.*
            from (
                select count(*) as event_count, audit.packed(sum(hash), sum(hashint8extended(hash, 1))) as content_hash
                from entered
            ) as hashes
            cross join (
                select array_agg(distinct marked.reservation_number) as reservation_numbers from marked
                where (marked.part_id, marked.garage_code) not in (select plenty.part_id, plenty.garage_code from plenty)
            ) as rest
            cross join (
                select array_agg(given.garage_code) as garage_codes, array_agg(given.part_id) as part_ids
                from unnest($5::text[], $6::uuid[]) as given (garage_code, part_id)
                where (given.part_id, given.garage_code) not in (select plenty.part_id, plenty.garage_code from plenty)
            ) as positions
        $statement$ into answered
            using stated.happened_at, stated.recorded_at, stated.cause, stated.actor, touched.garage_codes,
                touched.part_ids;
        perform set_config('enable_hashjoin', 'off', true);
        if answered.event_count > 0 then
            perform audit.enter(
                'reservation', coalesce(nullif(current_setting('partsbay.actor', true), ''), session_user),
                coalesce(nullif(current_setting('partsbay.action', true), ''), 'INSERT'), 'INSERT',
                'reservation.events', null, answered.event_count, answered.content_hash, null,
                jsonb_strip_nulls(jsonb_build_object(
                    'caused_by_batch_id', nullif(current_setting('partsbay.batch_id', true), '')
                ))
            );
            rest := answered.reservation_numbers;
            touched.garage_codes := answered.garage_codes;
            touched.part_ids := answered.part_ids;
            if rest is null then
                return null;
            end if;
        end if;
    end if;

    -- A new request, and what allocation enters behind what a state says, is added to the states. All else, late or
    -- out of order, is folded again from all events of its reservation.
    select bool_or(grouped.is_new and grouped.is_plain) as have_new,
        bool_or(grouped.is_plain and not grouped.is_new) as have_more,
        array_agg(grouped.reservation_number) filter (where not grouped.is_plain) as refolded,
        bool_or(grouped.has_gains) as have_gains,
        bool_or(grouped.has_losses) as have_losses
    into found
    from (
        select added.reservation_number,
            bool_or(states.reservation_number is null) as is_new,
            count(*) filter (where added.event_type_code = 'REQUESTED')
                = bool_or(states.reservation_number is null)::integer
                and bool_and(added.event_type_code = 'REQUESTED' or (
                    added.source_code = 'partsbay'
                    and added.event_type_code
                        in ('RESERVED', 'PARTIALLY_RESERVED', 'BACKORDERED', 'REPEGGED', 'TRANSFER_REQUESTED')
                    and added.sequence_number > coalesce(states.last_sequence_number, 0)
                )) as is_plain,
            bool_or(added.peg_quantity > 0) as has_gains,
            bool_or(added.peg_quantity < 0) as has_losses
        from added
        left join reservation.states using (reservation_number)
        where (rest is null or added.reservation_number = any (rest))
        group by added.reservation_number
    ) as grouped;
    if found.refolded is not null then
        insert into reservation.states as states (
            reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number, work_order_line,
            priority, need_by_at, expires_at, requested_at, allows_other_garages, minimum_remaining_days,
            requested_quantity, reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried,
            last_sequence_number, last_event_type_code, last_event_at, due_quantity, backordered_quantity,
            surplus_quantity
        )
        select reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number, work_order_line,
            priority, need_by_at, expires_at, requested_at, allows_other_garages, minimum_remaining_days,
            requested_quantity, reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried,
            last_sequence_number, last_event_type_code, last_event_at, due_quantity, backordered_quantity,
            surplus_quantity
        from reservation.expected_states
        where reservation_number = any (found.refolded)
        on conflict (reservation_number) do update set
            garage_code = excluded.garage_code, part_id = excluded.part_id, condition_code = excluded.condition_code,
            lot_number = excluded.lot_number, work_order_number = excluded.work_order_number,
            work_order_line = excluded.work_order_line, priority = excluded.priority, need_by_at = excluded.need_by_at,
            expires_at = excluded.expires_at, requested_at = excluded.requested_at,
            allows_other_garages = excluded.allows_other_garages,
            minimum_remaining_days = excluded.minimum_remaining_days,
            requested_quantity = excluded.requested_quantity, reserved_quantity = excluded.reserved_quantity,
            consumed_quantity = excluded.consumed_quantity, ended_quantity = excluded.ended_quantity,
            is_ended = excluded.is_ended, is_promised = excluded.is_promised, is_tried = excluded.is_tried,
            last_sequence_number = excluded.last_sequence_number,
            last_event_type_code = excluded.last_event_type_code, last_event_at = excluded.last_event_at,
            due_quantity = excluded.due_quantity, backordered_quantity = excluded.backordered_quantity,
            surplus_quantity = excluded.surplus_quantity;
    end if;
    if found.have_more then
        update reservation.states set reserved_quantity = states.reserved_quantity + changed.quantity,
            is_tried = coalesce(changed.is_tried, states.is_tried), last_sequence_number = changed.sequence_number,
            last_event_type_code = changed.event_type_code,
            last_event_at = greatest(states.last_event_at, changed.last_event_at),
            backordered_quantity
                = greatest(states.due_quantity - greatest(states.reserved_quantity + changed.quantity, 0), 0),
            surplus_quantity = greatest(states.reserved_quantity + changed.quantity - states.due_quantity, 0)
        from (
            select distinct on (added.reservation_number) added.reservation_number, added.sequence_number,
                added.event_type_code,
                sum(added.peg_quantity) over reservation as quantity,
                max(added.sequence_number) filter (where added.event_type_code <> 'TRANSFER_REQUESTED') over reservation
                    = coalesce(max(added.sequence_number) filter (
                        where added.event_type_code in ('PARTIALLY_RESERVED', 'BACKORDERED')
                    ) over reservation, 0) as is_tried,
                max(added.event_at) over reservation as last_event_at
            from added
            where (found.refolded is null or added.reservation_number <> all (found.refolded))
                and (rest is null or added.reservation_number = any (rest))
            window reservation as (partition by added.reservation_number)
            order by added.reservation_number, added.sequence_number desc, added.event_at desc,
                added.idempotency_key desc
        ) as changed
        where states.reservation_number = changed.reservation_number;
    end if;
    if found.have_new then
        insert into reservation.states (
            reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number, work_order_line,
            priority, need_by_at, expires_at, requested_at, allows_other_garages, minimum_remaining_days,
            requested_quantity, reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried,
            last_sequence_number, last_event_type_code, last_event_at, due_quantity, backordered_quantity,
            surplus_quantity
        )
        select begun.reservation_number, begun.garage_code, begun.part_id, begun.condition_code,
            coalesce(begun.lot_number, ''), begun.work_order_number, begun.work_order_line, begun.priority,
            begun.need_by_at, begun.expires_at, begun.event_at, begun.allows_other_garages,
            begun.minimum_remaining_days, begun.quantity, begun.reserved_quantity, 0, 0, false, false, begun.is_tried,
            begun.last_sequence_number, begun.last_event_type_code, begun.last_event_at, begun.quantity,
            greatest(begun.quantity - greatest(begun.reserved_quantity, 0), 0),
            greatest(begun.reserved_quantity - begun.quantity, 0)
        from (
            select added.*,
                sum(added.peg_quantity) over history as reserved_quantity,
                coalesce(
                    max(added.sequence_number) filter (
                        where added.event_type_code not in ('REQUESTED', 'TRANSFER_REQUESTED')
                    ) over history = max(added.sequence_number) filter (
                        where added.event_type_code in ('PARTIALLY_RESERVED', 'BACKORDERED')
                    ) over history, false
                ) as is_tried,
                max(added.sequence_number) over history as last_sequence_number,
                last_value(added.event_type_code) over history as last_event_type_code,
                max(added.event_at) over history as last_event_at
            from added
            where (found.refolded is null or added.reservation_number <> all (found.refolded))
                and (rest is null or added.reservation_number = any (rest))
            window history as (
                partition by added.reservation_number
                order by added.sequence_number, added.event_at, added.idempotency_key
                rows between unbounded preceding and unbounded following
            )
        ) as begun
        where begun.event_type_code = 'REQUESTED';
    end if;

    if found.have_gains then
        insert into reservation.pegs as pegs (
            part_id, garage_code, condition_code, lot_number, reservation_number, quantity
        )
        select part_id, coalesce(peg_garage_code, garage_code), condition_code, coalesce(lot_number, ''),
            reservation_number, sum(peg_quantity)
        from added
        where peg_quantity > 0 and (rest is null or reservation_number = any (rest))
        group by part_id, coalesce(peg_garage_code, garage_code), condition_code, coalesce(lot_number, ''),
            reservation_number
        on conflict (part_id, garage_code, condition_code, lot_number, reservation_number)
            do update set quantity = pegs.quantity + excluded.quantity;
    end if;
    if found.have_losses then
        update reservation.pegs set quantity = pegs.quantity + changed.quantity
        from (
            select part_id, coalesce(peg_garage_code, garage_code) as garage_code, condition_code,
                coalesce(lot_number, '') as lot_number, reservation_number, sum(peg_quantity) as quantity
            from added
            where peg_quantity < 0 and (rest is null or reservation_number = any (rest))
            group by 1, 2, 3, 4, 5
        ) as changed
        where pegs.part_id = changed.part_id and pegs.garage_code = changed.garage_code
            and pegs.condition_code = changed.condition_code and pegs.lot_number = changed.lot_number
            and pegs.reservation_number = changed.reservation_number;
    end if;
    if found.have_gains or found.have_losses then
        update garage_inventory.cells set reserved_quantity = cells.reserved_quantity + changed.quantity
        from (
            select part_id, coalesce(peg_garage_code, garage_code) as garage_code, condition_code,
                coalesce(lot_number, '') as lot_number, sum(peg_quantity) as quantity
            from added
            where peg_quantity <> 0 and (rest is null or reservation_number = any (rest))
            group by 1, 2, 3, 4
        ) as changed
        where cells.part_id = changed.part_id and cells.garage_code = changed.garage_code
            and cells.condition_code = changed.condition_code and cells.lot_number = changed.lot_number;
    end if;

    if stated.event_count > 0 then
        select array_agg((pegs.reservation_number, pegs.part_id, pegs.garage_code, pegs.condition_code,
            pegs.lot_number, pegs.quantity)::reservation.match) into misfits
        from (
            select distinct reservation_number from added
            where source_code <> 'partsbay' and (rest is null or reservation_number = any (rest))
        ) as given
        inner join reservation.states using (reservation_number)
        inner join reservation.pegs using (reservation_number)
        where pegs.quantity > 0
            and (
                (pegs.part_id, pegs.condition_code) <> (states.part_id, states.condition_code)
                or (pegs.garage_code <> states.garage_code and not states.allows_other_garages)
                or (states.lot_number <> '' and pegs.lot_number <> states.lot_number)
            );
        if misfits is not null then
            perform reservation.unpeg(
                misfits, 'something else is asked for', stated.happened_at, stated.recorded_at, 'REQUEST',
                stated.cause, stated.actor
            );
        end if;
        perform reservation.meet_usage(array_agg(distinct reservation_number), stated.recorded_at)
        from added
        where source_code <> 'partsbay' and (rest is null or reservation_number = any (rest));
        perform reservation.settle(
            touched.garage_codes, touched.part_ids, stated.happened_at, stated.recorded_at, 'REQUEST', stated.cause
        );
    end if;
    return null;
end
$$;

grant select on garage_inventory.usage_lines, reservation.expected_states to partsbay_ledger;
grant update on reservation.states, reservation.pegs to partsbay_ledger;
grant insert on audit.heads to partsbay_ledger;
grant execute on function reservation.lapse_before, reservation.unpeg, reservation.meet_usage, reservation.settle,
    reservation.at_once_from, garage_inventory.lock_positions, audit.enter, audit.new_lane to partsbay_ledger;
revoke execute on function reservation.at_once_from, reservation.owed, reservation.fill_owed from public;
grant execute on function reservation.owed to partsbay_ledger, partsbay_pipeline;
grant select on reservation.expected_states to partsbay_pipeline;
grant create on schema reservation to partsbay_ledger;
alter function reservation.fold_events owner to partsbay_ledger;
revoke create on schema reservation from partsbay_ledger;
