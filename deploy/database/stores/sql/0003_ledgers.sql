-- What the ledgers add up to, kept as they grow: cells, holds, reservations and the pegs between them.
--
-- Nothing here is written by hand. Triggers fold every statement that a ledger takes, whoever
-- sends it, and then let reservations follow: a peg that its cell can no longer carry moves
-- to another lot or back into the queue, and stock that came free goes to whoever waits.
-- So at every commit no unit is both held and reserved, and none is promised twice.
--
-- Every writer locks the position (garage and part) first, in the order of its key. Writers
-- of different positions never wait for each other.

-- ------------------------------------------------------ garage_inventory

create function garage_inventory.is_sellable(condition_code text) returns boolean
    language sql immutable parallel safe
    return is_sellable.condition_code in ('NEW', 'REMAN', 'USED', 'DISPLAY');
comment on function garage_inventory.is_sellable is 'Whether stock in this condition may ever be promised (F2).';

create table garage_inventory.lots (
    part_id uuid not null,
    lot_number text not null check (lot_number <> ''),
    stated_at timestamptz not null,
    expires_on date,
    manufactured_on date,
    supplier_code text,
    received_at timestamptz,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    actor text not null,
    recorded_at timestamptz not null default now(),
    primary key (part_id, lot_number, stated_at)
);
comment on table garage_inventory.lots is 'One row per statement on a lot of a part; the newest counts. Append-only.';

create function garage_inventory.day_at(garage_code text, moment timestamptz) returns date
    language sql stable
begin atomic
    select (day_at.moment at time zone coalesce((
        select garages.time_zone from catalogue.garages
        where garages.garage_code = day_at.garage_code
        order by garages.valid_from_at desc
        limit 1
    ), 'UTC'))::date;
end;
comment on function garage_inventory.day_at is 'The day of a moment in the garage, by its own clock: a lot is no longer picked from the first minute of its last day there (F17).';

create function garage_inventory.shelf_of(part_id uuid, lot_number text)
    returns table (expires_on date, received_at timestamptz)
    language sql stable
begin atomic
    select lots.expires_on, lots.received_at from garage_inventory.lots
    where (lots.part_id, lots.lot_number) = (shelf_of.part_id, shelf_of.lot_number)
    order by lots.stated_at desc
    limit 1;
end;
create function garage_inventory.lot_bucket(part_id uuid, lot_number text) returns integer
    language sql immutable parallel safe
    return hashtextextended(lot_bucket.part_id || lot_bucket.lot_number, 0) & 255;
comment on function garage_inventory.lot_bucket is 'Whoever makes a cell of a lot shares the lock of this number, and whoever says something of the lot has it alone: neither would see what the other has not committed. So few that one load may lock them all.';
comment on function garage_inventory.shelf_of is 'Expiry and receipt of a lot as last stated; no row if never.';

create table garage_inventory.positions (
    garage_code text not null,
    part_id uuid not null,
    primary key (garage_code, part_id)
);
comment on table garage_inventory.positions is 'One row per garage and part that was ever counted, moved, held or asked for: what writers lock.';

create table garage_inventory.cells (
    garage_code text not null,
    part_id uuid not null,
    condition_code text not null,
    lot_number text not null,
    on_hand_quantity numeric(14, 3) not null default 0,
    counted_at timestamptz,
    moved_at timestamptz,
    hold_quantity numeric(14, 3) not null default 0 check (hold_quantity >= 0),
    reserved_quantity numeric(14, 3) not null default 0 check (reserved_quantity >= 0),
    expires_on date,
    received_at timestamptz,
    held_quantity numeric(14, 3) not null
        generated always as (least(hold_quantity, greatest(on_hand_quantity, 0))) stored,
    sellable_quantity numeric(14, 3) not null generated always as (
        case when garage_inventory.is_sellable(condition_code)
            then on_hand_quantity - least(hold_quantity, greatest(on_hand_quantity, 0)) else 0 end
    ) stored,
    primary key (part_id, garage_code, condition_code, lot_number)
) with (fillfactor = 80);
comment on table garage_inventory.cells is 'One row per cell (F1): garage, part, condition and lot, '''' for none. A fold of counts, movements, holds and reservations.';
comment on column garage_inventory.cells.hold_quantity is 'Open quantity of all holds on the cell; of that, held_quantity is there.';

create view garage_inventory.cell_folds as
with counted as (
    -- A cell counted in several bins is one count: the bins together say what is there.
    select garage_code, part_id, condition_code, coalesce(lot_number, '') as lot_number, count_number,
        max(event_at) as counted_at, sum(counted_quantity) as quantity
    from garage_inventory.counts
    group by garage_code, part_id, condition_code, coalesce(lot_number, ''), count_number
),

last_counts as (
    select distinct on (part_id, garage_code, condition_code, lot_number) *
    from counted
    order by part_id, garage_code, condition_code, lot_number, counted_at desc, count_number desc
),

moved as (
    -- A movement at the very moment of a count was seen by it.
    select movements.garage_code, movements.part_id, movements.condition_code,
        coalesce(movements.lot_number, '') as lot_number,
        sum(movements.quantity) filter (
            where last_counts.counted_at is null or movements.event_at > last_counts.counted_at
        ) as quantity,
        max(movements.event_at) as moved_at
    from garage_inventory.movements
    left join last_counts on last_counts.garage_code = movements.garage_code
        and last_counts.part_id = movements.part_id
        and last_counts.condition_code = movements.condition_code
        and last_counts.lot_number = coalesce(movements.lot_number, '')
    group by movements.garage_code, movements.part_id, movements.condition_code, coalesce(movements.lot_number, '')
)

select garage_code, part_id, condition_code, lot_number,
    coalesce(last_counts.quantity, 0) + coalesce(moved.quantity, 0) as on_hand_quantity,
    last_counts.counted_at, moved.moved_at
from last_counts
full join moved using (garage_code, part_id, condition_code, lot_number);
comment on view garage_inventory.cell_folds is 'On hand of every cell from nothing but counts and movements (F1).';

create function garage_inventory.reach(garage_codes text[], part_ids uuid[])
    returns table (garage_code text, part_id uuid)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
begin
    if not exists (
        select from reservation.states
        where states.allows_other_garages and (states.due_quantity > 0 or states.reserved_quantity > 0)
    ) then
        return query select distinct * from unnest(reach.garage_codes, reach.part_ids);
        return;
    end if;
    return query
    select given.* from unnest(reach.garage_codes, reach.part_ids) as given
    union
    select positions.garage_code, positions.part_id
    from (
        select distinct given.part_id
        from unnest(reach.part_ids) as given (part_id)
        where exists (
            select from reservation.states
            where states.part_id = given.part_id
                and states.allows_other_garages and (states.due_quantity > 0 or states.reserved_quantity > 0)
        )
    ) as shared
    inner join lateral (
        select cells.garage_code, cells.part_id from garage_inventory.cells where cells.part_id = shared.part_id
        union
        select states.garage_code, states.part_id from reservation.states
        where states.part_id = shared.part_id and states.backordered_quantity > 0
        union
        select states.garage_code, states.part_id from reservation.states
        where states.part_id = shared.part_id
            and states.allows_other_garages and (states.due_quantity > 0 or states.reserved_quantity > 0)
    ) as positions on true;
end
$$;
comment on function garage_inventory.reach is 'These positions, and all of a part that a reservation may have from any garage: what news of them can change.';

create function garage_inventory.lock_positions(garage_codes text[], part_ids uuid[]) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
begin
    -- Mostly it is one position that is known, of a part that no garage may have from another.
    if cardinality(lock_positions.part_ids) = 1 then
        perform from garage_inventory.positions
        where (positions.garage_code, positions.part_id)
                = (lock_positions.garage_codes[1], lock_positions.part_ids[1])
            and not exists (
                select from reservation.states
                where states.part_id = lock_positions.part_ids[1]
                    and states.allows_other_garages and (states.due_quantity > 0 or states.reserved_quantity > 0)
            )
        for update of positions;
        if found then
            return;
        end if;
    end if;
    -- All that allocation will reach is locked now, in one order: locking it later, two writers would wait for each other.
    select array_agg(reached.garage_code), array_agg(reached.part_id)
    into lock_positions.garage_codes, lock_positions.part_ids
    from garage_inventory.reach(lock_positions.garage_codes, lock_positions.part_ids) as reached;
    -- What is there already is locked by the update that does not happen.
    insert into garage_inventory.positions (garage_code, part_id)
    select distinct given.garage_code, given.part_id
    from unnest(lock_positions.garage_codes, lock_positions.part_ids) as given (garage_code, part_id)
    order by given.garage_code, given.part_id
    on conflict (garage_code, part_id) do update set part_id = excluded.part_id where false;
end
$$;
comment on function garage_inventory.lock_positions is 'Lock these positions until the end of the transaction, in the order of their keys.';

create function garage_inventory.fold_movements() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    touched record;
    is_done boolean;
begin
    select array_agg(garage_code) as garage_codes, array_agg(part_id) as part_ids into touched
    from (select distinct garage_code, part_id from added) as positions;
    if touched.garage_codes is null then
        return null;
    end if;
    perform garage_inventory.lock_positions(touched.garage_codes, touched.part_ids);
    perform reservation.lapse_before(touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at))
    from added;
    perform pg_advisory_xact_lock_shared(hashtext('garage_inventory.lots'), new_cells.bucket)
    from (
        select distinct garage_inventory.lot_bucket(added.part_id, added.lot_number) as bucket
        from added
        where added.lot_number is not null and not exists (
            select from garage_inventory.cells
            where (cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number)
                = (added.part_id, added.garage_code, added.condition_code, added.lot_number)
        )
        order by 1
    ) as new_cells;

    -- Cells that are known and were not counted since any of this are the rule.
    with moved as materialized (
        select added.garage_code, added.part_id, added.condition_code, coalesce(added.lot_number, '') as lot_number,
            sum(added.quantity) as quantity, min(added.event_at) as first_at, max(added.event_at) as last_at
        from added
        group by added.garage_code, added.part_id, added.condition_code, coalesce(added.lot_number, '')
    ),

    updated as (
        update garage_inventory.cells set on_hand_quantity = cells.on_hand_quantity + moved.quantity,
            moved_at = greatest(cells.moved_at, moved.last_at)
        from moved
        where cells.part_id = moved.part_id and cells.garage_code = moved.garage_code
            and cells.condition_code = moved.condition_code and cells.lot_number = moved.lot_number
            and (cells.counted_at is null or cells.counted_at < moved.first_at)
        returning 1
    )

    select (select count(*) from updated) = (select count(*) from moved) into is_done;
    if not is_done then
        insert into garage_inventory.cells as cells (
            garage_code, part_id, condition_code, lot_number, on_hand_quantity, moved_at, expires_on, received_at
        )
        select moved.garage_code, moved.part_id, moved.condition_code, moved.lot_number, moved.quantity, moved.moved_at,
            lots.expires_on, lots.received_at
        from (
            select added.garage_code, added.part_id, added.condition_code, coalesce(added.lot_number, '') as lot_number,
                coalesce(sum(added.quantity) filter (
                    where known.counted_at is null or added.event_at > known.counted_at
                ), 0) as quantity,
                max(added.event_at) as moved_at
            from added
            left join garage_inventory.cells as known on known.garage_code = added.garage_code
                and known.part_id = added.part_id and known.condition_code = added.condition_code
                and known.lot_number = coalesce(added.lot_number, '')
            group by added.garage_code, added.part_id, added.condition_code, coalesce(added.lot_number, '')
            having count(known.part_id) = 0 or max(known.counted_at) >= min(added.event_at)
        ) as moved
        left join lateral (
            select lots.expires_on, lots.received_at from garage_inventory.lots
            where (lots.part_id, lots.lot_number) = (moved.part_id, moved.lot_number)
            order by lots.stated_at desc
            limit 1
        ) as lots on true
        on conflict (part_id, garage_code, condition_code, lot_number) do update set
            on_hand_quantity = cells.on_hand_quantity + excluded.on_hand_quantity,
            moved_at = greatest(cells.moved_at, excluded.moved_at);
    end if;

    perform reservation.follow(
        touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at), 'MOVEMENT',
        case when min(document_number) = max(document_number) then min(document_number) else min(batch_id::text) end
    ) from added;
    return null;
end
$$;

create function garage_inventory.fold_counts() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    touched record;
begin
    select array_agg(garage_code) as garage_codes, array_agg(part_id) as part_ids into touched
    from (select distinct garage_code, part_id from added) as positions;
    if touched.garage_codes is null then
        return null;
    end if;
    perform garage_inventory.lock_positions(touched.garage_codes, touched.part_ids);
    perform reservation.lapse_before(touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at))
    from added;
    perform pg_advisory_xact_lock_shared(hashtext('garage_inventory.lots'), new_cells.bucket)
    from (
        select distinct garage_inventory.lot_bucket(added.part_id, added.lot_number) as bucket
        from added
        where added.lot_number is not null and not exists (
            select from garage_inventory.cells
            where (cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number)
                = (added.part_id, added.garage_code, added.condition_code, added.lot_number)
        )
        order by 1
    ) as new_cells;

    insert into garage_inventory.cells as cells (
        garage_code, part_id, condition_code, lot_number, on_hand_quantity, counted_at, expires_on, received_at
    )
    select folded.garage_code, folded.part_id, folded.condition_code, folded.lot_number, folded.on_hand_quantity,
        folded.counted_at, lots.expires_on, lots.received_at
    from (
        select last_counts.garage_code, last_counts.part_id, last_counts.condition_code, last_counts.lot_number,
            last_counts.counted_at, last_counts.quantity + coalesce(sum(movements.quantity), 0) as on_hand_quantity
        from (
            select distinct on (counted.part_id, counted.garage_code, counted.condition_code, counted.lot_number)
                counted.*
            from (
                select counts.garage_code, counts.part_id, counts.condition_code,
                    coalesce(counts.lot_number, '') as lot_number, counts.count_number,
                    max(counts.event_at) as counted_at, sum(counts.counted_quantity) as quantity
                from (
                    select distinct garage_code, part_id, condition_code, coalesce(lot_number, '') as lot_number
                    from added
                ) as given
                inner join garage_inventory.counts on counts.garage_code = given.garage_code
                    and counts.part_id = given.part_id and counts.condition_code = given.condition_code
                    and coalesce(counts.lot_number, '') = given.lot_number
                group by counts.garage_code, counts.part_id, counts.condition_code, coalesce(counts.lot_number, ''),
                    counts.count_number
            ) as counted
            order by counted.part_id, counted.garage_code, counted.condition_code, counted.lot_number,
                counted.counted_at desc, counted.count_number desc
        ) as last_counts
        left join garage_inventory.movements on movements.garage_code = last_counts.garage_code
            and movements.part_id = last_counts.part_id and movements.condition_code = last_counts.condition_code
            and coalesce(movements.lot_number, '') = last_counts.lot_number
            and movements.event_at > last_counts.counted_at
        group by last_counts.garage_code, last_counts.part_id, last_counts.condition_code, last_counts.lot_number,
            last_counts.counted_at, last_counts.quantity
    ) as folded
    left join lateral (
        select lots.expires_on, lots.received_at from garage_inventory.lots
        where (lots.part_id, lots.lot_number) = (folded.part_id, folded.lot_number)
        order by lots.stated_at desc
        limit 1
    ) as lots on true
    on conflict (part_id, garage_code, condition_code, lot_number) do update set
        on_hand_quantity = excluded.on_hand_quantity,
        counted_at = excluded.counted_at;

    perform reservation.follow(
        touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at), 'COUNT',
        case when min(count_number) = max(count_number) then min(count_number) else min(batch_id::text) end
    ) from added;
    return null;
end
$$;

create type reservation.match as (
    reservation_number text, part_id uuid, garage_code text, condition_code text, lot_number text, quantity numeric
);

create function garage_inventory.fold_lots() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    touched record;
    misfits reservation.match[];
    who text := coalesce(nullif(current_setting('partsbay.actor', true), ''), 'allocation');
begin
    -- Twice: the cells that there are, and those that were being made.
    for look in 1..2 loop
        select array_agg(cells.garage_code) as garage_codes, array_agg(cells.part_id) as part_ids into touched
        from (select distinct part_id, lot_number from added) as given
        inner join garage_inventory.cells using (part_id, lot_number)
        cross join lateral garage_inventory.shelf_of(cells.part_id, cells.lot_number) as newest
        where (cells.expires_on, cells.received_at) is distinct from (newest.expires_on, newest.received_at);
        if touched.garage_codes is not null then
            perform garage_inventory.lock_positions(touched.garage_codes, touched.part_ids);
        end if;
        if look = 1 then
            perform pg_advisory_xact_lock(hashtext('garage_inventory.lots'), said.bucket)
            from (
                select distinct garage_inventory.lot_bucket(added.part_id, added.lot_number) as bucket
                from added order by 1
            ) as said;
        end if;
    end loop;
    if touched.garage_codes is null then
        return null;
    end if;

    with changed as (
        update garage_inventory.cells set expires_on = newest.expires_on, received_at = newest.received_at
        from (select distinct part_id, lot_number from added) as given
        cross join lateral garage_inventory.shelf_of(given.part_id, given.lot_number) as newest
        where (cells.part_id, cells.lot_number) = (given.part_id, given.lot_number)
            and (cells.expires_on, cells.received_at) is distinct from (newest.expires_on, newest.received_at)
        returning cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number, cells.expires_on
    )

    select array_agg((pegs.reservation_number, pegs.part_id, pegs.garage_code, pegs.condition_code,
        pegs.lot_number, pegs.quantity)::reservation.match) into misfits
    from changed
    inner join reservation.pegs using (part_id, garage_code, condition_code, lot_number)
    inner join reservation.states using (reservation_number)
    where pegs.quantity > 0
        and changed.expires_on <= garage_inventory.day_at(changed.garage_code, coalesce(states.need_by_at, states.requested_at))
            + states.minimum_remaining_days;
    if misfits is not null then
        perform reservation.unpeg(
            misfits, 'the lot does not keep long enough', max(stated_at), max(recorded_at), 'LOT', min(lot_number), who
        ) from added;
        perform reservation.settle(
            touched.garage_codes, touched.part_ids, max(stated_at), max(recorded_at), 'LOT', min(lot_number), who
        ) from added;
        return null;
    end if;
    perform reservation.follow(
        touched.garage_codes, touched.part_ids, max(stated_at), max(recorded_at), 'LOT', min(lot_number)
    ) from added;
    return null;
end
$$;

-- ----------------------------------------------------------- reservation

alter table reservation.events
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add column condition_code text not null default 'NEW',
    add column peg_garage_code text,
    add column peg_quantity numeric(14, 3) not null default 0,
    add column allows_other_garages boolean not null default false,
    add column minimum_remaining_days integer not null default 0,
    add column shortage_reason_code text,
    add column obstacles jsonb,
    add column caused_by_code text,
    add column caused_by_number text,
    add check (quantity <> 'NaN' and peg_quantity <> 'NaN'),
    -- The id follows from the key, so that it is the same in every copy; nobody looks for events by it.
    drop column event_id,
    add column event_id uuid not null
        generated always as (encode(substring(idempotency_key for 16), 'hex')::uuid) stored,
    drop constraint events_idempotency_key_key,
    add primary key (idempotency_key);
comment on column reservation.events.peg_quantity is 'Change of what the reservation holds of the cell named by peg_garage_code, part, condition and lot. Only allocation pegs; files state requests and ends.';
comment on column reservation.events.obstacles is 'What stands in the way of a shortage: holds and other reservations with their quantities.';
create index events_by_reservation on reservation.events (reservation_number, sequence_number);
-- What a cell was promised at a moment is asked for by its part; nobody asks for events by their cell.
create index events_pegging on reservation.events (part_id) where peg_quantity <> 0;
drop index reservation.events_by_cell;

create table reservation.states (
    reservation_number text primary key,
    garage_code text not null,
    part_id uuid not null,
    condition_code text not null,
    lot_number text not null,
    work_order_number text not null,
    work_order_line text not null,
    priority integer not null,
    need_by_at timestamptz,
    expires_at timestamptz,
    requested_at timestamptz not null,
    allows_other_garages boolean not null,
    minimum_remaining_days integer not null,
    requested_quantity numeric(14, 3) not null,
    reserved_quantity numeric(14, 3) not null,
    consumed_quantity numeric(14, 3) not null,
    ended_quantity numeric(14, 3) not null,
    is_ended boolean not null,
    is_promised boolean not null,
    is_tried boolean not null,
    last_sequence_number integer not null,
    last_event_type_code text not null,
    last_event_at timestamptz not null,
    due_quantity numeric(14, 3) not null generated always as (
        case when is_ended then 0 else greatest(requested_quantity - consumed_quantity - ended_quantity, 0) end
    ) stored,
    backordered_quantity numeric(14, 3) not null generated always as (
        case when is_ended then 0
            else greatest(requested_quantity - consumed_quantity - ended_quantity - greatest(reserved_quantity, 0), 0) end
    ) stored,
    surplus_quantity numeric(14, 3) not null generated always as (
        greatest(reserved_quantity - case when is_ended then 0
            else greatest(requested_quantity - consumed_quantity - ended_quantity, 0) end, 0)
    ) stored
) with (fillfactor = 80);
comment on table reservation.states is 'One row per reservation: the fold of its events. Backordered is what is due and not reserved; surplus is reserved and no longer due.';
comment on column reservation.states.is_promised is 'A garage said that it had promised the part, before allocation knew of it: served before requests.';
create index states_waiting on reservation.states (part_id, garage_code) where backordered_quantity > 0;
create index states_untold on reservation.states (part_id, garage_code)
    where backordered_quantity > 0 and not is_tried;
create index states_surplus on reservation.states (part_id, garage_code) where surplus_quantity > 0;
create index states_sharing on reservation.states (part_id)
    where allows_other_garages and (due_quantity > 0 or reserved_quantity > 0);
create index states_by_work_order on reservation.states (garage_code, work_order_number, work_order_line);
create index states_expiring on reservation.states (expires_at) where due_quantity > 0 and expires_at is not null;

create table reservation.pegs (
    part_id uuid not null,
    garage_code text not null,
    condition_code text not null,
    lot_number text not null,
    reservation_number text not null,
    quantity numeric(14, 3) not null check (quantity >= 0),
    primary key (part_id, garage_code, condition_code, lot_number, reservation_number)
) with (fillfactor = 80);
comment on table reservation.pegs is 'One row per reservation and cell that it ever had units of: how many it has. A fold of the events.';
create index pegs_by_reservation on reservation.pegs (reservation_number);

create view reservation.state_folds as
with placed as (
    select *,
        source_code <> 'partsbay' as is_stated,
        min(sequence_number) filter (where event_type_code = 'BACKORDERED' and source_code <> 'partsbay')
            over (partition by reservation_number) as first_backorder_number,
        row_number() over (
            partition by reservation_number order by is_repeating, sequence_number, event_at, idempotency_key
        ) = 1 as is_first,
        row_number() over (
            partition by reservation_number
            order by is_repeating, sequence_number desc, event_at desc, idempotency_key desc
        ) = 1 as is_last_said,
        row_number() over (
            partition by reservation_number order by sequence_number desc, event_at desc, idempotency_key desc
        ) = 1 as is_last
    from reservation.events
    -- What Partsbay enters beside requests repeats what was asked for, so that a change of it counts as much when
    -- it comes late.
    cross join lateral (
        select source_code = 'partsbay' and event_type_code <> 'REQUESTED' as is_repeating
    ) as kinds
)

select reservation_number,
    max(garage_code) filter (where is_last_said) as garage_code,
    (max(part_id::text) filter (where is_last_said))::uuid as part_id,
    max(condition_code) filter (where is_first) as condition_code,
    coalesce(
        (array_agg(lot_number order by sequence_number desc, event_at desc, idempotency_key desc)
            filter (where event_type_code = 'REQUESTED' and lot_number is not null))[1],
        max(lot_number) filter (where is_first), ''
    ) as lot_number,
    max(work_order_number) filter (where is_last_said) as work_order_number,
    max(work_order_line) filter (where is_last_said) as work_order_line,
    max(priority) filter (where is_last_said) as priority,
    (array_agg(need_by_at order by sequence_number desc, event_at desc, idempotency_key desc)
        filter (where need_by_at is not null and not is_repeating))[1] as need_by_at,
    (array_agg(expires_at order by sequence_number desc, event_at desc, idempotency_key desc)
        filter (where expires_at is not null and not is_repeating))[1] as expires_at,
    min(event_at) filter (where event_type_code = 'REQUESTED' or is_stated) as requested_at,
    max(event_at) as last_event_at,
    bool_or(allows_other_garages) as allows_other_garages,
    max(minimum_remaining_days) as minimum_remaining_days,
    -- A garage that states promises and backorders alone has asked for what they come to.
    greatest(
        coalesce(sum(quantity) filter (where event_type_code = 'REQUESTED'), 0),
        coalesce(sum(quantity) filter (where event_type_code in ('RESERVED', 'PARTIALLY_RESERVED') and is_stated), 0),
        coalesce(sum(quantity) filter (
            where event_type_code in ('RESERVED', 'PARTIALLY_RESERVED') and is_stated
                and sequence_number < first_backorder_number
        ), 0) + coalesce(max(quantity) filter (
            where event_type_code = 'BACKORDERED' and is_stated and sequence_number = first_backorder_number
        ), 0)
    ) as requested_quantity,
    sum(peg_quantity) as reserved_quantity,
    -- What a garage states as consumed, and its lines of usage, say the same thing twice.
    greatest(
        coalesce(sum(quantity) filter (where event_type_code = 'CONSUMED' and is_stated), 0),
        coalesce(sum(quantity) filter (where event_type_code = 'CONSUMED' and not is_stated), 0)
    ) as consumed_quantity,
    coalesce(sum(quantity) filter (where event_type_code in ('RELEASED', 'EXPIRED')), 0) as ended_quantity,
    bool_or(event_type_code in ('CANCELLED', 'EXPIRED')) as is_ended,
    bool_or(event_type_code in ('RESERVED', 'PARTIALLY_RESERVED') and is_stated) as is_promised,
    -- The last decision left something waiting and said why.
    coalesce(
        max(sequence_number) filter (where event_type_code in ('PARTIALLY_RESERVED', 'BACKORDERED') and not is_stated)
            = max(sequence_number) filter (
                where event_type_code in ('RESERVED', 'PARTIALLY_RESERVED', 'BACKORDERED', 'REPEGGED') and not is_stated
            ), false
    ) as is_tried,
    max(sequence_number) as last_sequence_number,
    max(event_type_code) filter (where is_last) as last_event_type_code
from placed
group by reservation_number;
comment on view reservation.state_folds is 'Every reservation from nothing but its events.';

create view reservation.peg_folds as
select part_id, coalesce(peg_garage_code, garage_code) as garage_code, condition_code,
    coalesce(lot_number, '') as lot_number, reservation_number, sum(peg_quantity) as quantity
from reservation.events
where peg_quantity <> 0
group by part_id, coalesce(peg_garage_code, garage_code), condition_code, coalesce(lot_number, ''), reservation_number;
comment on view reservation.peg_folds is 'Every peg from nothing but the events.';

create function reservation.fold_events() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    is_stated boolean := exists (select from added where source_code <> 'partsbay');
    touched record;
    found record;
    misfits reservation.match[];
begin
    -- Allocation has locked what it writes to.
    if is_stated then
        select array_agg(garage_code) as garage_codes, array_agg(part_id) as part_ids into touched
        from (
            select garage_code, part_id from added where source_code <> 'partsbay'
            union
            select coalesce(peg_garage_code, garage_code), part_id from added where source_code <> 'partsbay'
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
        perform reservation.lapse_before(touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at))
        from added where source_code <> 'partsbay';
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
        group by added.reservation_number
    ) as grouped;
    if found.refolded is not null then
        insert into reservation.states as states (
            reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number, work_order_line,
            priority, need_by_at, expires_at, requested_at, allows_other_garages, minimum_remaining_days,
            requested_quantity, reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried,
            last_sequence_number, last_event_type_code, last_event_at
        )
        select reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number, work_order_line,
            priority, need_by_at, expires_at, requested_at, allows_other_garages, minimum_remaining_days,
            requested_quantity, reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried,
            last_sequence_number, last_event_type_code, last_event_at
        from reservation.state_folds
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
            last_event_type_code = excluded.last_event_type_code, last_event_at = excluded.last_event_at;
    end if;
    if found.have_more then
        update reservation.states set reserved_quantity = states.reserved_quantity + changed.quantity,
            is_tried = coalesce(changed.is_tried, states.is_tried), last_sequence_number = changed.sequence_number,
            last_event_type_code = changed.event_type_code,
            last_event_at = greatest(states.last_event_at, changed.last_event_at)
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
            where found.refolded is null or added.reservation_number <> all (found.refolded)
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
            last_sequence_number, last_event_type_code, last_event_at
        )
        select begun.reservation_number, begun.garage_code, begun.part_id, begun.condition_code,
            coalesce(begun.lot_number, ''), begun.work_order_number, begun.work_order_line, begun.priority,
            begun.need_by_at, begun.expires_at, begun.event_at, begun.allows_other_garages,
            begun.minimum_remaining_days, begun.quantity, begun.reserved_quantity, 0, 0, false, false, begun.is_tried,
            begun.last_sequence_number, begun.last_event_type_code, begun.last_event_at
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
            where found.refolded is null or added.reservation_number <> all (found.refolded)
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
        where peg_quantity > 0
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
            where peg_quantity < 0
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
            where peg_quantity <> 0
            group by 1, 2, 3, 4
        ) as changed
        where cells.part_id = changed.part_id and cells.garage_code = changed.garage_code
            and cells.condition_code = changed.condition_code and cells.lot_number = changed.lot_number;
    end if;

    if is_stated then
        select array_agg((pegs.reservation_number, pegs.part_id, pegs.garage_code, pegs.condition_code,
            pegs.lot_number, pegs.quantity)::reservation.match) into misfits
        from (select distinct reservation_number from added where source_code <> 'partsbay') as given
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
                misfits, 'something else is asked for', max(event_at), max(recorded_at), 'REQUEST',
                min(batch_id::text), coalesce(nullif(current_setting('partsbay.actor', true), ''), 'allocation')
            ) from added where source_code <> 'partsbay';
        end if;
        perform reservation.meet_usage(array_agg(distinct reservation_number), max(recorded_at))
        from added where source_code <> 'partsbay';
        perform reservation.settle(
            touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at), 'REQUEST', min(batch_id::text)
        ) from added where source_code <> 'partsbay';
    end if;
    return null;
end
$$;

-- What cells can carry. A cell that stands below nothing (facts win) takes from its neighbours
-- of the same part and condition: first what nobody has reserved, then the lots that keep longest.
create function garage_inventory.capacities(garage_codes text[], part_ids uuid[]) returns table (
    garage_code text, part_id uuid, condition_code text, lot_number text, capacity_quantity numeric,
    reserved_quantity numeric, expires_on date, received_at timestamptz
)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    return query
    with cells as (
        select cells.*, greatest(cells.sellable_quantity, 0) as usable_quantity,
            -sum(least(cells.sellable_quantity, 0)) over position as debt_quantity
        from (
            select distinct * from unnest(capacities.garage_codes, capacities.part_ids) as given (garage_code, part_id)
        ) as given
        inner join garage_inventory.cells using (garage_code, part_id)
        where garage_inventory.is_sellable(cells.condition_code)
        window position as (partition by cells.part_id, cells.garage_code, cells.condition_code)
    ),

    split as (
        select cells.*,
            greatest(usable_quantity - cells.reserved_quantity, 0) as free_quantity,
            least(usable_quantity, cells.reserved_quantity) as kept_quantity
        from cells
    ),

    ranked as (
        select split.*,
            sum(free_quantity) over lasting - free_quantity as free_before,
            sum(kept_quantity) over lasting - kept_quantity as kept_before,
            greatest(debt_quantity - sum(free_quantity) over position, 0) as kept_debt
        from split
        window position as (partition by split.part_id, split.garage_code, split.condition_code),
            lasting as (
                partition by split.part_id, split.garage_code, split.condition_code
                order by split.expires_on desc nulls first, split.lot_number desc
                rows unbounded preceding
            )
    )

    select ranked.garage_code, ranked.part_id, ranked.condition_code, ranked.lot_number,
        usable_quantity - least(free_quantity, greatest(debt_quantity - free_before, 0))
            - least(kept_quantity, greatest(kept_debt - kept_before, 0)),
        ranked.reserved_quantity, ranked.expires_on, ranked.received_at
    from ranked;
end
$$;
comment on function garage_inventory.capacities is 'What each sellable cell of these positions can carry, in base units: 0 <= reserved <= capacity <= sellable (F3).';

create type reservation.need as (
    garage_code text, part_id uuid, condition_code text, lot_number text, reservation_number text, quantity numeric,
    need_at timestamptz, priority integer, requested_at timestamptz, minimum_remaining_days integer,
    is_promised boolean, allows_other_garages boolean
);
create type reservation.supply as (
    pool_garage_code text, part_id uuid, condition_code text, pool_lot_number text,
    garage_code text, lot_number text, quantity numeric, expires_on date, received_at timestamptz
);

-- Needs stand on a line in the order of the queue, lots on another in the order of picking (F17); who overlaps
-- gets. A need starts where the one before it ends, or later: where the first lot begins that keeps long enough.
-- So end(i) = demand(i) + max over j <= i of (first(j) - demand(j-1)), a running maximum. As needs
-- are in the order of their dates, what is too old for one is too old for all after it, where all want the same days
-- to remain. Queues of which that is not true are served in turn.
-- The same one by one, for queues in which somebody wants younger stock than who comes later.
create function reservation.matched_in_turn(needs reservation.need[], supplies reservation.supply[])
    returns setof reservation.match
    language plpgsql stable
    set search_path = pg_catalog
as $$
declare
    need reservation.need;
    lots reservation.supply[] := array(
        select unnested from unnest(supplies) as unnested
        order by expires_on nulls last, received_at nulls last, lot_number, garage_code
    );
    units numeric[] := array(
        select quantity from unnest(supplies)
        order by expires_on nulls last, received_at nulls last, lot_number, garage_code
    );
    place integer;
    got numeric;
begin
    for need in
        select * from unnest(needs) order by need_at, priority, requested_at, reservation_number
    loop
        for place in 1..cardinality(lots) loop
            exit when need.quantity <= 0;
            got := least(units[place], need.quantity);
            continue when got <= 0 or lots[place].expires_on
                <= garage_inventory.day_at(lots[place].garage_code, need.need_at) + need.minimum_remaining_days;
            units[place] := units[place] - got;
            need.quantity := need.quantity - got;
            return next (need.reservation_number, need.part_id, lots[place].garage_code, need.condition_code,
                lots[place].lot_number, got)::reservation.match;
        end loop;
    end loop;
end
$$;
comment on function reservation.matched_in_turn is 'Who of one queue gets how many of which lot of one pool: a loop over needs and lots. Cost: their product.';

create function reservation.matched(needs reservation.need[], supplies reservation.supply[])
    returns setof reservation.match
    language plpgsql stable
    set search_path = pg_catalog
    set enable_nestloop = off set enable_hashjoin = on set enable_mergejoin = on
as $$
begin
    return query
    with uneven as materialized (
        select part_id, garage_code, condition_code, lot_number
        from unnest(needs)
        group by part_id, garage_code, condition_code, lot_number
        having min(minimum_remaining_days) <> max(minimum_remaining_days)
    ),

    supply as (
        select unnested.*,
            sum(quantity) over picking - quantity as quantity_before
        from unnest(supplies) as unnested
        window picking as (
            partition by part_id, pool_garage_code, condition_code, pool_lot_number
            order by expires_on nulls last, received_at nulls last, lot_number, garage_code
            rows unbounded preceding
        )
    ),

    demand as (
        select unnested.*,
            sum(quantity) over queue - quantity as quantity_before
        from unnest(needs) as unnested
        where (part_id, garage_code, condition_code, lot_number) not in (select * from uneven)
        window queue as (
            partition by part_id, garage_code, condition_code, lot_number
            order by need_at, priority, requested_at, reservation_number
            rows unbounded preceding
        )
    ),

    first_lots as (
        select demand.reservation_number, min(supply.quantity_before) as first_at
        from demand
        inner join supply on supply.part_id = demand.part_id
            and supply.pool_garage_code = demand.garage_code
            and supply.condition_code = demand.condition_code
            and supply.pool_lot_number = demand.lot_number
        where supply.expires_on is null
            or supply.expires_on > garage_inventory.day_at(supply.garage_code, demand.need_at)
                + demand.minimum_remaining_days
        group by demand.reservation_number
    ),

    placed as (
        select demand.*,
            demand.quantity_before + max(first_lots.first_at - demand.quantity_before) over (
                partition by demand.part_id, demand.garage_code, demand.condition_code, demand.lot_number
                order by demand.need_at, demand.priority, demand.requested_at, demand.reservation_number
                rows unbounded preceding
            ) as starts_at
        from demand
        inner join first_lots using (reservation_number)
        where exists (select from unnest(supplies) as lasting where lasting.expires_on is not null)
        union all
        -- Nothing of it ever expires: each starts where the one before it ends.
        select demand.*, demand.quantity_before
        from demand
        where not exists (select from unnest(supplies) as lasting where lasting.expires_on is not null)
    )

    select placed.reservation_number, supply.part_id, supply.garage_code, supply.condition_code, supply.lot_number,
        least(placed.starts_at + placed.quantity, supply.quantity_before + supply.quantity)
            - greatest(placed.starts_at, supply.quantity_before)
    from placed
    inner join supply on supply.part_id = placed.part_id
        and supply.pool_garage_code = placed.garage_code
        and supply.condition_code = placed.condition_code
        and supply.pool_lot_number = placed.lot_number
        and placed.starts_at < supply.quantity_before + supply.quantity
        and supply.quantity_before < placed.starts_at + placed.quantity
    union all
    select in_turn.* from uneven
    cross join lateral reservation.matched_in_turn(
        array(
            select need from unnest(needs) as need
            where (need.part_id, need.garage_code, need.condition_code, need.lot_number)
                = (uneven.part_id, uneven.garage_code, uneven.condition_code, uneven.lot_number)
        ),
        array(
            select supply from unnest(supplies) as supply
            where (supply.part_id, supply.pool_garage_code, supply.condition_code, supply.pool_lot_number)
                = (uneven.part_id, uneven.garage_code, uneven.condition_code, uneven.lot_number)
        )
    ) as in_turn;
end
$$;
comment on function reservation.matched is 'Who gets how many of which cell: needs in queue order (need date, priority, requested, number) from lots in picking order (F17). The sum over a need never exceeds it, nor that over a cell what it has. Cost: sorting both.';

create function reservation.refuse_standby() returns void
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from pg_subscription where subenabled) then
        return;
    end if;
    if exists (
        select from pg_subscription
        inner join pg_database on pg_database.oid = pg_subscription.subdbid
        where pg_database.datname = current_database() and pg_subscription.subenabled
            and pg_subscription.subname like 'sub\_%'
    ) then
        raise exception 'this is a standby: what it shows is behind the primary region, and nothing is promised from it'
            using errcode = 'PB033', hint = 'Ask the primary region; partsbay status says where it is.';
    end if;
end
$$;
comment on function reservation.refuse_standby is 'Refuse where a subscription of ours brings the rows (PB033).';

create function reservation.is_consuming(usage_type_code text) returns boolean
    language sql immutable parallel safe
    return is_consuming.usage_type_code in ('FITTED', 'SOLD_COUNTER', 'INTERNAL', 'WARRANTY');
comment on function reservation.is_consuming is 'Whether units of this usage left stock for good.';

create function reservation.lapse(
    garage_codes text[], part_ids uuid[], until timestamptz, recorded_at timestamptz
) returns integer
    language sql
    return 0;
comment on function reservation.lapse is 'Let lapse what was due by then; nothing until reservations have a life of their own.';

create function reservation.lapse_before(
    garage_codes text[], part_ids uuid[], moment timestamptz, recorded_at timestamptz
) returns void
    language sql
    return null::void;
comment on function reservation.lapse_before is 'Let lapse what was due before these positions change; nothing until reservations have a life of their own.';

create function reservation.meet_usage(reservation_numbers text[], recorded_at timestamptz) returns integer
    language sql
    return 0;
comment on function reservation.meet_usage is 'Enter as consumed what usage lines say; nothing until reservations have a life of their own.';

create function reservation.inbound_quantity(reservation_number text) returns numeric
    language sql stable
    return 0::numeric;
comment on function reservation.inbound_quantity is 'Units on their way from another garage to a reservation; 0 until there are transfers.';

-- Both join arrays with each other, which without an index is quadratic in any way but by hashing.
create function reservation.still_needed(needs reservation.need[], matches reservation.match[])
    returns reservation.need[]
    language sql immutable
    set search_path = pg_catalog
    set enable_nestloop = off set enable_hashjoin = on set enable_mergejoin = on
as $$
    select array_agg((needs.garage_code, needs.part_id, needs.condition_code, needs.lot_number, needs.reservation_number,
        needs.quantity - coalesce(got.quantity, 0), needs.need_at, needs.priority, needs.requested_at,
        needs.minimum_remaining_days, needs.is_promised, needs.allows_other_garages)::reservation.need)
    from unnest(still_needed.needs) as needs
    left join (
        select matches.reservation_number, sum(matches.quantity) as quantity
        from unnest(still_needed.matches) as matches
        group by matches.reservation_number
    ) as got using (reservation_number)
    where needs.quantity > coalesce(got.quantity, 0)
$$;
comment on function reservation.still_needed is 'These needs less what was matched.';

create function reservation.still_free(supplies reservation.supply[], matches reservation.match[])
    returns reservation.supply[]
    language sql immutable
    set search_path = pg_catalog
    set enable_nestloop = off set enable_hashjoin = on set enable_mergejoin = on
as $$
    select array_agg((free.pool_garage_code, free.part_id, free.condition_code, free.pool_lot_number, free.garage_code,
        free.lot_number, free.quantity - coalesce(taken.quantity, 0), free.expires_on,
        free.received_at)::reservation.supply)
    from unnest(still_free.supplies) as free
    left join (
        select matches.part_id, matches.garage_code, matches.condition_code, matches.lot_number,
            sum(matches.quantity) as quantity
        from unnest(still_free.matches) as matches
        group by matches.part_id, matches.garage_code, matches.condition_code, matches.lot_number
    ) as taken using (part_id, garage_code, condition_code, lot_number)
    where free.quantity > coalesce(taken.quantity, 0)
$$;
comment on function reservation.still_free is 'These supplies less what was matched.';

create function reservation.allotted(garage_codes text[], part_ids uuid[], happened_at timestamptz)
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
    from unnest(allotted.garage_codes, allotted.part_ids) as given (garage_code, part_id)
    inner join reservation.states using (garage_code, part_id)
    where states.backordered_quantity > 0
        and (states.expires_at is null or states.expires_at > allotted.happened_at);

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
comment on function reservation.allotted is 'Who gets how many of which cell of what these positions have free now.';

create function reservation.follow(
    garage_codes text[], part_ids uuid[], happened_at timestamptz, recorded_at timestamptz,
    caused_by_code text, caused_by_number text
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    moved record;
begin
    select array_agg(given.garage_code) as garage_codes, array_agg(given.part_id) as part_ids into moved
    from unnest(follow.garage_codes, follow.part_ids) as given (garage_code, part_id)
    where exists (
            select from reservation.states
            where states.part_id = given.part_id and states.backordered_quantity > 0
                and (states.garage_code = given.garage_code or states.allows_other_garages)
        )
        or exists (
            select from garage_inventory.cells
            where (cells.garage_code, cells.part_id) = (given.garage_code, given.part_id)
                and cells.reserved_quantity > 0
        )
        and exists (
            select from garage_inventory.cells
            where (cells.garage_code, cells.part_id) = (given.garage_code, given.part_id)
                and (cells.sellable_quantity < 0 or cells.sellable_quantity < cells.reserved_quantity)
        );
    if moved.garage_codes is null then
        return 0;
    end if;
    return reservation.settle(
        moved.garage_codes, moved.part_ids, follow.happened_at, follow.recorded_at,
        follow.caused_by_code, follow.caused_by_number
    );
end
$$;
comment on function reservation.follow is 'Settle those of these positions where somebody waits or a cell carries too much.';

create function reservation.settle(
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
    matches reservation.match[];
    event_count integer := 0;
    changed_count integer;
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
    matches := reservation.allotted(garages, parts, settle.happened_at);

    -- 3. Enter it: what was got, what must come from another garage, and, once, why the rest waits.
    with got as (
        select matched.*,
            sum(matched.quantity) over (partition by matched.reservation_number) as got_quantity
        from unnest(matches) as matched
    ),

    -- Whoever waits and was not told yet, with what remains to wait for.
    short as (
        select changes.reservation_number, sum(changes.quantity) as quantity
        from (
            select states.reservation_number, states.backordered_quantity - case when states.allows_other_garages
                then reservation.inbound_quantity(states.reservation_number) else 0 end as quantity
            from unnest(garages, parts) as given (garage_code, part_id)
            inner join reservation.states using (garage_code, part_id)
            where states.backordered_quantity > 0 and not states.is_tried
            union all
            select matched.reservation_number, -matched.quantity from unnest(matches) as matched
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
            null::jsonb as obstacles
        from got
        inner join reservation.states using (reservation_number)
        inner join (values (1), (2)) as steps (step) on steps.step = 1 or got.garage_code <> states.garage_code
        union all
        select short.reservation_number, states.last_sequence_number, 3, 'BACKORDERED', null, null, short.quantity, 0,
            why.shortage_reason_code, why.obstacles
        from short
        inner join reservation.states using (reservation_number)
        cross join lateral reservation.shortage(
            states.garage_code, states.part_id, states.condition_code, states.reservation_number
        ) as why
    ),

    numbered as (
        select entries.*,
            entries.last_sequence_number + row_number() over (
                partition by entries.reservation_number
                order by entries.step, entries.peg_garage_code, entries.peg_lot_number nulls first
            ) as sequence_number
        from entries
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
        settle.caused_by_code, settle.caused_by_number,
        -- News of the past changes what is promised from now on, never what was.
        greatest(settle.happened_at, states.last_event_at), 'partsbay', keys.idempotency_key, keys.idempotency_key,
        who, settle.recorded_at
    from numbered
    inner join reservation.states using (reservation_number)
    cross join lateral (
        select reservation.event_key(numbered.reservation_number, numbered.sequence_number) as idempotency_key
    ) as keys;
    get diagnostics changed_count = row_count;
    return event_count + changed_count;
end
$$;
comment on function reservation.settle is 'Bring reservations in line with what these positions can carry, in the caller''s transaction; return how many events that took. Deterministic: the same ledgers give the same events. Cost: the cells, open pegs and waiting reservations of the positions.';

create function reservation.event_key(reservation_number text, sequence_number bigint) returns bytea
    language sql immutable parallel safe
    return sha256(convert_to('partsbay|reservation|' || reservation_number || '|' || sequence_number, 'UTF8'));

create function reservation.unpeg(
    pegs reservation.match[], reason text, happened_at timestamptz, recorded_at timestamptz,
    caused_by_code text, caused_by_number text, actor text
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    changed_count integer;
begin
    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
        peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority, need_by_at, expires_at,
        allows_other_garages, minimum_remaining_days, reason, caused_by_code, caused_by_number, event_at, source_code,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select numbered.reservation_number,
        numbered.sequence_number, 'REPEGGED', numbered.home_garage_code, numbered.part_id, numbered.condition_code,
        nullif(numbered.lot_number, ''), numbered.garage_code, numbered.quantity, -numbered.quantity,
        work_order_number, work_order_line, priority, need_by_at, expires_at, allows_other_garages,
        minimum_remaining_days, unpeg.reason, unpeg.caused_by_code, unpeg.caused_by_number, numbered.event_at,
        'partsbay', keys.idempotency_key, keys.idempotency_key, unpeg.actor, unpeg.recorded_at
    from (
        select peg.*, states.garage_code as home_garage_code, states.work_order_number, states.work_order_line,
            states.priority, states.need_by_at, states.expires_at, states.allows_other_garages,
            states.minimum_remaining_days,
            greatest(unpeg.happened_at, states.last_event_at) as event_at,
            states.last_sequence_number + row_number() over (
                partition by peg.reservation_number order by peg.garage_code, peg.condition_code, peg.lot_number
            ) as sequence_number
        from unnest(unpeg.pegs) as peg
        inner join reservation.states using (reservation_number)
    ) as numbered
    cross join lateral (
        select reservation.event_key(numbered.reservation_number, numbered.sequence_number) as idempotency_key
    ) as keys
    order by numbered.part_id, numbered.garage_code, numbered.reservation_number, numbered.sequence_number;
    get diagnostics changed_count = row_count;
    return changed_count;
end
$$;
comment on function reservation.unpeg is 'Take these units from their reservations, as events; the reservations wait again for what is still due.';

create function reservation.shortage(
    garage_code text, part_id uuid, condition_code text, reservation_number text
) returns table (shortage_reason_code text, obstacles jsonb)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    return query
    with stock as (
        select coalesce(sum(cells.on_hand_quantity), 0) as on_hand_quantity,
            coalesce(sum(cells.held_quantity), 0) as held_quantity,
            coalesce(sum(cells.reserved_quantity), 0) as reserved_quantity,
            count(*) as cell_count
        from garage_inventory.cells
        where (cells.garage_code, cells.part_id, cells.condition_code)
            = (shortage.garage_code, shortage.part_id, shortage.condition_code)
    ),

    holding as (
        select jsonb_build_object('hold_number', holds.hold_number, 'hold_reason_code', holds.hold_reason_code,
            'quantity', holds.open_quantity) as obstacle
        from quality_hold.holds
        where (holds.garage_code, holds.part_id, holds.condition_code)
            = (shortage.garage_code, shortage.part_id, shortage.condition_code)
            and holds.open_quantity > 0
        order by holds.open_quantity desc, holds.hold_number
        limit 5
    ),

    others as (
        select jsonb_build_object('reservation_number', pegs.reservation_number, 'quantity', sum(pegs.quantity))
            as obstacle
        from reservation.pegs
        where (pegs.garage_code, pegs.part_id, pegs.condition_code)
            = (shortage.garage_code, shortage.part_id, shortage.condition_code)
            and pegs.quantity > 0 and pegs.reservation_number <> shortage.reservation_number
        group by pegs.reservation_number
        order by sum(pegs.quantity) desc, pegs.reservation_number
        limit 5
    )

    select case
            when held_quantity > 0 then 'ON_HOLD'
            when reserved_quantity > 0 then 'RESERVED_FOR_OTHER'
            when cell_count = 0 then 'NOT_STOCKED'
            when on_hand_quantity <= 0 then 'STOCKOUT'
            else 'LOW_STOCK'
        end,
        (select coalesce(jsonb_agg(obstacle), '[]') from (select * from holding union all select * from others) as all_of)
    from stock;
end
$$;
comment on function reservation.shortage is 'Why a reservation waits, by the words of the trade, and the five largest holds and reservations that stand in its way.';

create function reservation.reserve(
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
    first_lot_number text;
begin
    perform reservation.refuse_standby();
    perform reservation.check_asked(reserve.part_id, reserve.quantity, reserve.requested_at, reserve.actor);
    perform set_config('partsbay.actor', reserve.actor, true);
    if reserve.allows_other_garages then
        perform garage_inventory.lock_positions(array_agg(reached.garage_code), array_agg(reserve.part_id))
        from (
            select reserve.garage_code
            union select cells.garage_code from garage_inventory.cells where cells.part_id = reserve.part_id
            union select states.garage_code from reservation.states
            where states.part_id = reserve.part_id and states.due_quantity > 0 and states.expires_at is not null
        ) as reached;
        perform reservation.lapse_before(
            array_agg(states.garage_code), array_agg(states.part_id), reserve.requested_at, clock_timestamp()
        )
        from reservation.states
        where states.part_id = reserve.part_id and states.due_quantity > 0 and states.expires_at is not null;
    else
        perform garage_inventory.lock_positions(array[reserve.garage_code], array[reserve.part_id]);
        perform reservation.lapse_before(
            array[reserve.garage_code], array[reserve.part_id], reserve.requested_at, clock_timestamp()
        );
    end if;
    perform pg_advisory_xact_lock(hashtextextended(reserve.reservation_number, 1));
    perform pg_advisory_xact_lock(hashtextextended(
        concat_ws(chr(31), reserve.garage_code, reserve.work_order_number, reserve.work_order_line), 0
    ));
    select * into state from reservation.states where states.reservation_number = reserve.reservation_number;
    if found then
        if (state.garage_code, state.part_id, state.requested_quantity, state.work_order_number, state.work_order_line)
            is distinct from (reserve.garage_code, reserve.part_id, reserve.quantity::numeric(14, 3),
                reserve.work_order_number, reserve.work_order_line)
            or exists (
                select from reservation.events as asked
                where asked.reservation_number = reserve.reservation_number and asked.sequence_number = 1
                    and asked.source_code = 'partsbay'
                    and (asked.condition_code, asked.lot_number, asked.priority, asked.need_by_at, asked.expires_at,
                            asked.allows_other_garages)
                        is distinct from (reserve.condition_code, reserve.lot_number, reserve.priority,
                            reserve.need_by_at, reserve.expires_at, reserve.allows_other_garages)
            ) then
            raise exception 'reservation % says something else already', reserve.reservation_number
                using errcode = 'PB001', hint = 'Use a new reservation number for a new request.';
        end if;
        return state;
    end if;
    select states.reservation_number into other
    from reservation.states
    where (states.garage_code, states.work_order_number, states.work_order_line)
        = (reserve.garage_code, reserve.work_order_number, reserve.work_order_line)
        and states.due_quantity > 0 and coalesce(states.expires_at, 'infinity') > reserve.requested_at;
    if found then
        raise exception 'reservation % is active for line % of work order % already',
            other, reserve.work_order_line, reserve.work_order_number
            using errcode = 'PB002', hint = 'Cancel it first, or reserve for another line.';
    end if;

    -- Where nobody waits for the part and the first lot to pick has it all, there is nothing to weigh: both events are
    -- entered at once. Settle would enter the same second one.
    if reserve.quantity > 0 and (reserve.expires_at is null or reserve.expires_at > reserve.requested_at) then
        select picked.lot_number into first_lot_number
        from (
            select cells.lot_number, cells.sellable_quantity - cells.reserved_quantity as free_quantity
            from garage_inventory.cells
            where (cells.part_id, cells.garage_code, cells.condition_code)
                    = (reserve.part_id, reserve.garage_code, reserve.condition_code)
                and cells.sellable_quantity > cells.reserved_quantity
                and (reserve.lot_number is null or cells.lot_number = reserve.lot_number)
                and (cells.expires_on is null or cells.expires_on > reserve.minimum_remaining_days
                    + garage_inventory.day_at(reserve.garage_code, coalesce(reserve.need_by_at, reserve.requested_at)))
            order by cells.expires_on nulls last, cells.received_at nulls last, cells.lot_number
            limit 1
        ) as picked
        where picked.free_quantity >= reserve.quantity
            and not exists (
                select from garage_inventory.cells
                where (cells.part_id, cells.garage_code, cells.condition_code)
                        = (reserve.part_id, reserve.garage_code, reserve.condition_code)
                    and cells.sellable_quantity < cells.reserved_quantity
            )
            and not exists (
                select from reservation.states
                where states.part_id = reserve.part_id and states.backordered_quantity > 0
                    and (states.garage_code = reserve.garage_code or states.allows_other_garages)
            );
    end if;
    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
        peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority, need_by_at, expires_at,
        allows_other_garages, minimum_remaining_days, caused_by_code, caused_by_number, event_at, source_code,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select reserve.reservation_number,
        steps.sequence_number, steps.event_type_code, reserve.garage_code, reserve.part_id, reserve.condition_code,
        steps.lot_number, steps.peg_garage_code, reserve.quantity, steps.peg_quantity, reserve.work_order_number,
        reserve.work_order_line, reserve.priority, reserve.need_by_at, reserve.expires_at,
        reserve.allows_other_garages, reserve.minimum_remaining_days, steps.caused_by_code, steps.caused_by_number,
        reserve.requested_at, 'partsbay', keys.idempotency_key, keys.idempotency_key, reserve.actor, clock_timestamp()
    from (
        values (1, 'REQUESTED', reserve.lot_number, null, 0, null, null),
            (2, 'RESERVED', nullif(first_lot_number, ''), reserve.garage_code, reserve.quantity, 'REQUEST',
                reserve.reservation_number)
    ) as steps (
        sequence_number, event_type_code, lot_number, peg_garage_code, peg_quantity, caused_by_code, caused_by_number
    )
    cross join lateral (
        select reservation.event_key(reserve.reservation_number, steps.sequence_number) as idempotency_key
    ) as keys
    where steps.sequence_number = 1 or first_lot_number is not null;
    if first_lot_number is null then
        perform reservation.settle(
            array[reserve.garage_code], array[reserve.part_id], reserve.requested_at, clock_timestamp(), 'REQUEST',
            reserve.reservation_number, reserve.actor
        );
    end if;
    select * into state from reservation.states where states.reservation_number = reserve.reservation_number;
    return state;
end
$$;
comment on function reservation.reserve is 'Ask for units for a line of a work order and answer with what became of it. The same number again answers as the first time; another content under it is refused (PB001), so is a second active reservation of the line (PB002), what is asked by nobody (PB901), of no quantity (PB904) or in the future (PB907).';

-- ---------------------------------------------------------- quality_hold

alter table quality_hold.events
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add column condition_code text not null default 'NEW',
    add check (quantity <> 'NaN');
create index events_by_hold on quality_hold.events (hold_number, part_id, garage_code, sequence_number);

create table quality_hold.holds (
    hold_number text not null,
    garage_code text not null,
    part_id uuid not null,
    condition_code text not null,
    lot_number text not null,
    scope_code text not null,
    hold_reason_code text not null,
    severity_code text not null,
    placed_at timestamptz not null,
    due_at timestamptz,
    placed_quantity numeric(14, 3) not null,
    open_quantity numeric(14, 3) not null check (open_quantity >= 0),
    is_released boolean not null,
    primary key (part_id, garage_code, condition_code, lot_number, hold_number)
);
comment on table quality_hold.holds is 'One row per hold and cell: what is still open of it. A fold of the events.';
create index holds_by_number on quality_hold.holds (hold_number);

create view quality_hold.hold_folds as
select hold_number, garage_code, part_id, condition_code, coalesce(lot_number, '') as lot_number,
    (array_agg(scope_code order by sequence_number, event_at, idempotency_key))[1] as scope_code,
    (array_agg(hold_reason_code order by sequence_number desc, event_at desc, idempotency_key))[1] as hold_reason_code,
    (array_agg(severity_code order by sequence_number desc, event_at desc, idempotency_key))[1] as severity_code,
    min(event_at) as placed_at,
    (array_agg(due_at order by sequence_number desc, event_at desc, idempotency_key) filter (where due_at is not null))[1]
        as due_at,
    coalesce(sum(quantity) filter (where event_type_code = 'PLACED'), 0) as placed_quantity,
    case when bool_or(event_type_code = 'RELEASED') then 0 else greatest(
        coalesce(sum(quantity) filter (where event_type_code = 'PLACED'), 0)
            - coalesce(sum(quantity) filter (
                where event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED')
            ), 0), 0) end as open_quantity,
    bool_or(event_type_code = 'RELEASED') as is_released
from quality_hold.events
group by hold_number, garage_code, part_id, condition_code, coalesce(lot_number, '');
comment on view quality_hold.hold_folds is 'Every hold from nothing but its events.';

create function quality_hold.fold_events() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    touched record;
begin
    select array_agg(garage_code) as garage_codes, array_agg(part_id) as part_ids into touched
    from (select distinct garage_code, part_id from added) as positions;
    if touched.garage_codes is null then
        return null;
    end if;
    perform garage_inventory.lock_positions(touched.garage_codes, touched.part_ids);
    perform reservation.lapse_before(touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at))
    from added;
    perform pg_advisory_xact_lock_shared(hashtext('garage_inventory.lots'), new_cells.bucket)
    from (
        select distinct garage_inventory.lot_bucket(added.part_id, added.lot_number) as bucket
        from added
        where added.lot_number is not null and not exists (
            select from garage_inventory.cells
            where (cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number)
                = (added.part_id, added.garage_code, added.condition_code, added.lot_number)
        )
        order by 1
    ) as new_cells;

    insert into quality_hold.holds as holds (
        hold_number, garage_code, part_id, condition_code, lot_number, scope_code, hold_reason_code, severity_code,
        placed_at, due_at, placed_quantity, open_quantity, is_released
    )
    -- The cells of these events alone: others of the same hold may be locked by somebody else.
    -- The offset keeps the fold below the loop, where it reads the events of one cell by their index.
    select folds.hold_number, folds.garage_code, folds.part_id, folds.condition_code, folds.lot_number,
        folds.scope_code, folds.hold_reason_code, folds.severity_code, folds.placed_at, folds.due_at,
        folds.placed_quantity, folds.open_quantity, folds.is_released
    from (
        select distinct hold_number, garage_code, part_id, condition_code, coalesce(lot_number, '') as lot_number
        from added
    ) as given
    cross join lateral (
        select * from quality_hold.hold_folds
        where (hold_folds.hold_number, hold_folds.part_id, hold_folds.garage_code, hold_folds.condition_code,
                hold_folds.lot_number)
            = (given.hold_number, given.part_id, given.garage_code, given.condition_code, given.lot_number)
        offset 0
    ) as folds
    on conflict (part_id, garage_code, condition_code, lot_number, hold_number) do update set
        scope_code = excluded.scope_code, hold_reason_code = excluded.hold_reason_code,
        severity_code = excluded.severity_code, placed_at = excluded.placed_at, due_at = excluded.due_at,
        placed_quantity = excluded.placed_quantity, open_quantity = excluded.open_quantity,
        is_released = excluded.is_released;

    insert into garage_inventory.cells as cells (
        garage_code, part_id, condition_code, lot_number, hold_quantity, expires_on, received_at
    )
    select held.garage_code, held.part_id, held.condition_code, held.lot_number, held.quantity, lots.expires_on,
        lots.received_at
    from (
        select holds.garage_code, holds.part_id, holds.condition_code, holds.lot_number,
            sum(holds.open_quantity) as quantity
        from (
            select distinct garage_code, part_id, condition_code, coalesce(lot_number, '') as lot_number from added
        ) as given
        inner join quality_hold.holds using (part_id, garage_code, condition_code, lot_number)
        group by holds.garage_code, holds.part_id, holds.condition_code, holds.lot_number
    ) as held
    left join lateral (
        select lots.expires_on, lots.received_at from garage_inventory.lots
        where (lots.part_id, lots.lot_number) = (held.part_id, held.lot_number)
        order by lots.stated_at desc
        limit 1
    ) as lots on true
    on conflict (part_id, garage_code, condition_code, lot_number) do update set
        hold_quantity = excluded.hold_quantity;

    perform reservation.follow(
        touched.garage_codes, touched.part_ids, max(event_at), max(recorded_at), 'HOLD',
        case when min(hold_number) = max(hold_number) then min(hold_number) else min(batch_id::text) end
    )
    from added
    -- What Partsbay enters itself comes with a movement, or is settled by whoever enters it.
    where source_code <> 'partsbay'
    having count(*) > 0;
    return null;
end
$$;

create trigger fold after insert on garage_inventory.movements
    referencing new table as added for each statement execute function garage_inventory.fold_movements();
create trigger fold after insert on garage_inventory.counts
    referencing new table as added for each statement execute function garage_inventory.fold_counts();
create trigger fold after insert on garage_inventory.lots
    referencing new table as added for each statement execute function garage_inventory.fold_lots();
create trigger fold after insert on reservation.events
    referencing new table as added for each statement execute function reservation.fold_events();
create trigger fold after insert on quality_hold.events
    referencing new table as added for each statement execute function quality_hold.fold_events();

-- ---------------------------------------------------------- fold = served

create view garage_inventory.expected_cells as
with lots as (
    select distinct on (part_id, lot_number) part_id, lot_number, expires_on, received_at
    from garage_inventory.lots
    order by part_id, lot_number, stated_at desc
),

held as (
    select garage_code, part_id, condition_code, lot_number, sum(open_quantity) as quantity
    from quality_hold.hold_folds
    group by garage_code, part_id, condition_code, lot_number
),

reserved as (
    select garage_code, part_id, condition_code, lot_number, sum(quantity) as quantity
    from reservation.peg_folds
    group by garage_code, part_id, condition_code, lot_number
)

select garage_code, part_id, condition_code, lot_number,
    coalesce(cell_folds.on_hand_quantity, 0) as on_hand_quantity, cell_folds.counted_at, cell_folds.moved_at,
    coalesce(held.quantity, 0) as hold_quantity, coalesce(reserved.quantity, 0) as reserved_quantity,
    lots.expires_on, lots.received_at
from garage_inventory.cell_folds
full join held using (garage_code, part_id, condition_code, lot_number)
full join reserved using (garage_code, part_id, condition_code, lot_number)
left join lots using (part_id, lot_number);
comment on view garage_inventory.expected_cells is 'Every cell from nothing but the ledgers: what garage_inventory.cells must say.';

create view garage_inventory.expected_positions as
select garage_code, part_id from garage_inventory.cells
union
select garage_code, part_id from reservation.states
union
select garage_code, part_id from quality_hold.holds;
comment on view garage_inventory.expected_positions is 'Every garage and part that something is derived for, and that writers must be able to lock.';

create function garage_inventory.rebuild() returns jsonb
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

    merge into reservation.states using reservation.state_folds as folds
    on states.reservation_number = folds.reservation_number
    when matched and (states.garage_code, states.part_id, states.condition_code, states.lot_number,
            states.work_order_number, states.work_order_line, states.priority, states.need_by_at, states.expires_at,
            states.requested_at, states.allows_other_garages, states.minimum_remaining_days,
            states.requested_quantity, states.reserved_quantity, states.consumed_quantity, states.ended_quantity,
            states.is_ended, states.is_promised, states.is_tried, states.last_sequence_number,
            states.last_event_type_code, states.last_event_at)
        is distinct from (folds.garage_code, folds.part_id, folds.condition_code, folds.lot_number,
            folds.work_order_number, folds.work_order_line, folds.priority, folds.need_by_at, folds.expires_at,
            folds.requested_at, folds.allows_other_garages, folds.minimum_remaining_days,
            folds.requested_quantity, folds.reserved_quantity, folds.consumed_quantity, folds.ended_quantity,
            folds.is_ended, folds.is_promised, folds.is_tried, folds.last_sequence_number,
            folds.last_event_type_code, folds.last_event_at)
        then update set garage_code = folds.garage_code, part_id = folds.part_id,
            condition_code = folds.condition_code, lot_number = folds.lot_number,
            work_order_number = folds.work_order_number, work_order_line = folds.work_order_line,
            priority = folds.priority, need_by_at = folds.need_by_at, expires_at = folds.expires_at,
            requested_at = folds.requested_at, allows_other_garages = folds.allows_other_garages,
            minimum_remaining_days = folds.minimum_remaining_days, requested_quantity = folds.requested_quantity,
            reserved_quantity = folds.reserved_quantity, consumed_quantity = folds.consumed_quantity,
            ended_quantity = folds.ended_quantity, is_ended = folds.is_ended, is_promised = folds.is_promised,
            is_tried = folds.is_tried, last_sequence_number = folds.last_sequence_number,
            last_event_type_code = folds.last_event_type_code, last_event_at = folds.last_event_at
    when not matched then insert (reservation_number, garage_code, part_id, condition_code, lot_number,
            work_order_number, work_order_line, priority, need_by_at, expires_at, requested_at, allows_other_garages,
            minimum_remaining_days, requested_quantity, reserved_quantity, consumed_quantity, ended_quantity,
            is_ended, is_promised, is_tried, last_sequence_number, last_event_type_code, last_event_at)
        values (folds.reservation_number, folds.garage_code, folds.part_id, folds.condition_code, folds.lot_number,
            folds.work_order_number, folds.work_order_line, folds.priority, folds.need_by_at, folds.expires_at,
            folds.requested_at, folds.allows_other_garages, folds.minimum_remaining_days, folds.requested_quantity,
            folds.reserved_quantity, folds.consumed_quantity, folds.ended_quantity, folds.is_ended,
            folds.is_promised, folds.is_tried, folds.last_sequence_number, folds.last_event_type_code,
            folds.last_event_at)
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
comment on function garage_inventory.rebuild is 'Write anew, from nothing but the ledgers, every row that is derived from them and differs, and return how many of each relation did. Writers wait until the commit. Cost: one pass over all ledgers; nothing is written where nothing differs.';

-- ---------------------------------------------------------- availability

create view garage_inventory.availability as
select cells.garage_code, cells.part_id,
    sum(cells.on_hand_quantity) as on_hand_quantity,
    sum(cells.held_quantity) as held_quantity,
    sum(cells.reserved_quantity) as reserved_quantity,
    sum(cells.sellable_quantity) as sellable_quantity,
    coalesce(sum(cells.on_hand_quantity - cells.held_quantity) filter (
        where not garage_inventory.is_sellable(cells.condition_code)
    ), 0) as nonsellable_quantity,
    sum(cells.sellable_quantity - cells.reserved_quantity) as available_raw_quantity,
    greatest(sum(cells.sellable_quantity - cells.reserved_quantity), 0) as available_quantity
from garage_inventory.cells
group by cells.part_id, cells.garage_code;
comment on view garage_inventory.availability is 'What can be promised, per garage and part (F4), now.';

alter table serving.generation add column read_at timestamptz;
comment on column serving.generation.read_at is 'When the models read the ledgers: what was recorded later is not served yet.';

-- ------------------------------------------------- what is there already

insert into garage_inventory.positions (garage_code, part_id)
select garage_code, part_id from garage_inventory.counts
union select garage_code, part_id from garage_inventory.movements
union select garage_code, part_id from reservation.events
union select garage_code, part_id from quality_hold.events;

insert into quality_hold.holds (
    hold_number, garage_code, part_id, condition_code, lot_number, scope_code, hold_reason_code, severity_code,
    placed_at, due_at, placed_quantity, open_quantity, is_released
)
select hold_number, garage_code, part_id, condition_code, lot_number, scope_code, hold_reason_code, severity_code,
    placed_at, due_at, placed_quantity, open_quantity, is_released
from quality_hold.hold_folds;

insert into garage_inventory.cells (
    garage_code, part_id, condition_code, lot_number, on_hand_quantity, counted_at, moved_at, hold_quantity
)
select garage_code, part_id, condition_code, lot_number, coalesce(on_hand_quantity, 0), counted_at, moved_at,
    coalesce(held.quantity, 0)
from garage_inventory.cell_folds
full join (
    select garage_code, part_id, condition_code, lot_number, sum(open_quantity) as quantity
    from quality_hold.holds
    group by garage_code, part_id, condition_code, lot_number
) as held using (garage_code, part_id, condition_code, lot_number);

insert into reservation.states (
    reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number, work_order_line, priority,
    need_by_at, expires_at, requested_at, allows_other_garages, minimum_remaining_days, requested_quantity,
    reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried, last_sequence_number,
    last_event_type_code, last_event_at
)
select reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number, work_order_line, priority,
    need_by_at, expires_at, requested_at, allows_other_garages, minimum_remaining_days, requested_quantity,
    reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried, last_sequence_number,
    last_event_type_code, last_event_at
from reservation.state_folds;

select reservation.settle(array_agg(garage_code), array_agg(part_id), max(requested_at), now(), 'MIGRATION', '0003')
from reservation.states
having count(*) > 0;

-- ---------------------------------------------------------------- grants

grant select, insert on garage_inventory.lots to partsbay_pipeline;
grant select on garage_inventory.positions, garage_inventory.cells, garage_inventory.cell_folds,
    garage_inventory.availability, garage_inventory.expected_cells, garage_inventory.expected_positions,
    reservation.states, reservation.pegs, reservation.state_folds,
    reservation.peg_folds, quality_hold.holds, quality_hold.hold_folds to partsbay_pipeline;
grant select on garage_inventory.lots, garage_inventory.positions, garage_inventory.cells, reservation.states,
    reservation.pegs, quality_hold.holds to partsbay_replication;
revoke execute on all functions in schema garage_inventory, reservation, quality_hold from public;
grant execute on all functions in schema garage_inventory, reservation, quality_hold to partsbay_pipeline;
-- Who has which units is for allocation alone to say: it enters pegs as the owner.
revoke insert on reservation.events from partsbay_pipeline;
grant insert (
    reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number, quantity,
    work_order_number, work_order_line, priority, need_by_at, expires_at, allows_other_garages,
    minimum_remaining_days, reason, event_at, source_code, batch_id, line_number, idempotency_key, payload_hash, actor,
    recorded_at
) on reservation.events to partsbay_pipeline;
revoke execute on function reservation.unpeg from partsbay_pipeline;

alter publication pub_garage_inventory add table garage_inventory.lots, garage_inventory.positions,
    garage_inventory.cells;
alter publication pub_reservation add table reservation.states, reservation.pegs;
alter publication pub_quality_hold add table quality_hold.holds;
