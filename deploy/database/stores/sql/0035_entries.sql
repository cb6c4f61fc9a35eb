-- A single reservation leaves an entry: a short record, written by the statement that reserves. Entries join the chain
-- of the reservation stream later and in blocks: a seal names the entries of a block with a hash of each, and a record
-- of the chain has the hash of the seal. Nobody waits for it: who reserves does not touch a chain, and who seals takes
-- what is committed and leaves the rest to the next.

create table audit.entries (
    transaction_id xid8 not null default pg_current_xact_id(),
    recorded_at timestamptz not null,
    part_id uuid not null,
    reservation_number text not null,
    actor text not null,
    action_code text not null,
    service_code text not null,
    garage_code text not null,
    condition_code text not null,
    lot_number text,
    work_order_number text not null,
    reason text,
    correlation_id text,
    event_hashes bigint[] not null,
    -- Sealing asks for what came since; an index by number alone would be another for each reservation.
    primary key (transaction_id, reservation_number)
);
comment on table audit.entries is 'One row per reservation that was entered at once: the record of its first events, written by the statement that wrote them, and not yet chained. A seal takes it into the chain.';
comment on column audit.entries.transaction_id is 'The transaction that reserved, as the region counts them where it did.';
comment on column audit.entries.service_code is 'The database role that was logged in.';
comment on column audit.entries.event_hashes is 'The hash of each event that it is of, those of the reservation from 1 on: what the sums of a content hash are of.';

create table audit.seals (
    seal_id uuid primary key,
    sealed_at timestamptz not null,
    first_transaction_id xid8 not null,
    last_transaction_id xid8 not null,
    reservation_numbers text[] not null,
    entry_hashes bytea not null
);
alter table audit.seals alter column entry_hashes set storage external;
comment on table audit.seals is 'One row per block of entries that joined the chain together. A record of the chain names the seal and has its hash.';
comment on column audit.seals.reservation_numbers is 'The entries of the block, in the order of entry_hashes.';
comment on column audit.seals.entry_hashes is 'sha-256 of each entry, 32 bytes each.';
create index seals_by_transaction on audit.seals (last_transaction_id);

create table audit.sealing (
    is_only boolean primary key default true check (is_only),
    system_identifier bigint not null,
    sealed_before xid8 not null
);
comment on table audit.sealing is 'At most one row: every entry of a transaction before sealed_before is sealed, as the server with this identifier counts transactions. No row: nobody has looked yet. Not replicated.';

-- ----------------------------------------------------------------- hashes

create function audit.entry_hash(written audit.entries) returns bytea
    language sql stable parallel safe
    return sha256(record_send(row(
        (written).reservation_number, (written).transaction_id, (written).recorded_at, (written).actor,
        (written).action_code, (written).service_code, (written).garage_code, (written).part_id,
        (written).condition_code, (written).lot_number, (written).work_order_number, (written).reason,
        (written).correlation_id, (written).event_hashes)));
comment on function audit.entry_hash is 'The hash by which a seal knows an entry: of its columns as the protocol sends them, which is the same on every server.';

create function audit.seal_hash(written audit.seals) returns bytea
    language sql stable parallel safe
    return sha256(convert_to(json_build_array(
        (written).seal_id, (written).sealed_at at time zone 'UTC', (written).first_transaction_id,
        (written).last_transaction_id, (written).reservation_numbers)::text, 'UTF8') || (written).entry_hashes);
comment on function audit.seal_hash is 'The hash that the record of a seal must have as its content hash.';

-- ---------------------------------------------------------------- sealing

create function audit.sealed_every() returns integer
    language sql immutable parallel safe
    return 1024;
comment on function audit.sealed_every is 'One in so many reservations seals what the others left, by chance.';

create function audit.seal(block_limit integer default null) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    block_size constant integer := 1000;
    here bigint;
    was audit.sealing;
    from_id xid8;
    before_id xid8;
    reason text := current_setting('partsbay.reason', true);
    correlation_id text := current_setting('partsbay.correlation_id', true);
    sealed_count bigint;
    last_id xid8;
begin
    -- A standby gets its seals. A transaction that sees an old moment would seal what is sealed.
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean
        or current_setting('transaction_isolation') not in ('read committed', 'read uncommitted')
        or exists (
            select from pg_subscription inner join pg_database on pg_database.oid = subdbid
            where datname = current_database() and subenabled
        )
        or not pg_try_advisory_xact_lock(hashtext('audit.seal'))
    then
        return 0;
    end if;
    select system_identifier into here from pg_control_system();
    -- Not before the lock is had: who had it has sealed further.
    before_id := pg_snapshot_xmin(pg_current_snapshot());
    select * into was from audit.sealing;
    if was.system_identifier = here and was.sealed_before <= before_id then
        from_id := was.sealed_before;
    elsif block_limit is null then
        -- Entries came from elsewhere, where transactions have other numbers: whatever is not sealed is found by name.
        from_id := '0';
    else
        return 0;
    end if;
    -- What the transaction says of its own changes it does not say of this.
    perform set_config('partsbay.reason', '', true), set_config('partsbay.correlation_id', '', true);
    with sealed as materialized (
        select number as reservation_number
        from audit.seals
        cross join unnest(seals.reservation_numbers) as number
        where seals.last_transaction_id >= from_id and (from_id = '0' or seals.first_transaction_id < before_id)
    ),

    -- What a transaction before all that are under way wrote is all there. By name, what one after them wrote as well:
    -- the next time it is known to be sealed by the seal, which reaches to it.
    found as materialized (
        select entries.reservation_number, entries.transaction_id, audit.entry_hash(entries) as hash,
            row_number() over (order by entries.transaction_id, entries.reservation_number) as place
        from audit.entries
        where entries.transaction_id >= from_id and (from_id = '0' or entries.transaction_id < before_id)
            and not exists (select from sealed where sealed.reservation_number = entries.reservation_number)
        order by entries.transaction_id, entries.reservation_number
        limit block_limit * block_size
    ),

    blocks as materialized (
        -- In the order of the columns.
        select uuidv7() as seal_id, clock_timestamp() as sealed_at, min(found.transaction_id) as first_transaction_id,
            max(found.transaction_id) as last_transaction_id,
            array_agg(found.reservation_number order by found.place) as reservation_numbers,
            string_agg(found.hash, '' order by found.place) as entry_hashes
        from found
        group by (found.place - 1) / block_size
    ),

    written as (
        insert into audit.seals select blocks.* from blocks returning seals
    )

    select coalesce(sum(cardinality((written.seals).reservation_numbers)), 0), max((written.seals).last_transaction_id),
        count(audit.enter('reservation', 'audit', 'SEAL', null, 'audit.entries', null,
            cardinality((written.seals).reservation_numbers), audit.seal_hash(written.seals), null,
            jsonb_build_object('seal_id', (written.seals).seal_id)))
    into sealed_count, last_id
    from written;
    perform set_config('partsbay.reason', coalesce(reason, ''), true),
        set_config('partsbay.correlation_id', coalesce(correlation_id, ''), true);
    insert into audit.sealing (system_identifier, sealed_before)
        values (here, case when sealed_count = block_limit * block_size then last_id else before_id end)
        on conflict (is_only) do update
            set system_identifier = excluded.system_identifier, sealed_before = excluded.sealed_before;
    return sealed_count;
end
$$;
comment on function audit.seal is 'Take the entries of transactions that are over into the chain, at most so many blocks of 1,000; return how many. Waits for nobody: while another transaction seals, and on a standby, it does nothing. The first time after entries came from another server it looks at all, unless limited.';

create function audit.entry_came() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    -- Who seals at this moment is done first.
    perform pg_advisory_xact_lock_shared(hashtext('audit.seal'));
    delete from audit.sealing;
    return null;
end
$$;
comment on function audit.entry_came is 'After an entry came by replication: what is sealed is not known by the numbers of this server.';
create trigger entry_came after insert on audit.entries for each row execute function audit.entry_came();
alter table audit.entries enable replica trigger entry_came;

insert into audit.sealing (system_identifier, sealed_before)
select system_identifier, pg_current_xact_id() from pg_control_system();

-- -------------------------------------------------------------- reserving

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
    first record;
    state reservation.states;
begin
    -- One statement has all locks: of the position, of the number, and of the line. What it finds may be old by the time
    -- it has them, so it only says who may try.
    perform set_config('partsbay.actor', reserve.actor, true),
        pg_advisory_xact_lock(hashtextextended(reserve.reservation_number, 1)),
        pg_advisory_xact_lock(hashtextextended(
            concat_ws(chr(31), reserve.garage_code, reserve.work_order_number, reserve.work_order_line), 0
        ))
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
    ) as position;

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

    entered as (
        insert into audit.entries (
            reservation_number, actor, action_code, service_code, garage_code, part_id, condition_code, lot_number,
            work_order_number, reason, correlation_id, event_hashes, recorded_at
        )
        select reserve.reservation_number, reserve.actor,
            coalesce(nullif(current_setting('partsbay.action', true), ''), 'INSERT'), session_user, reserve.garage_code,
            reserve.part_id, reserve.condition_code, nullif(first.lot_number, ''), reserve.work_order_number,
            nullif(current_setting('partsbay.reason', true), ''),
            nullif(current_setting('partsbay.correlation_id', true), ''),
            array_agg(added.hash), first.recorded_at
        from added
        -- Somebody has to: one in so many, whoever it is.
        returning case when random() * audit.sealed_every() < 1 then audit.seal(4) end
    )

    select begun.* into state from begun;
    return state;
end
$$;
reset role;
revoke create on schema reservation from partsbay_ledger;

-- --------------------------------------------------------------- breaches

create or replace view audit.recorded as
with records as (
    select
        records.relation_name, records.batch_id,
        sum(case
            when records.operation_code in ('DELETE', 'TRUNCATE') then -records.row_count
            when records.operation_code in ('UPDATE', 'RESHAPE') then 0
            else records.row_count
        end) as row_count,
        sum(audit.unpacked(records.content_hash, 1)) filter (where records.operation_code is not null) as first_sum,
        sum(audit.unpacked(records.content_hash, 9)) filter (where records.operation_code is not null) as second_sum
    from audit.records
    inner join audit.relations using (relation_name)
    -- A load that is copied in pieces has one record of its own. Where rows are hashed, older records of loads are part
    -- of the baseline.
    where records.operation_code is not null or (relations.proof_code = 'BATCHES' and records.action_code = 'LOAD')
    group by records.relation_name, records.batch_id
    union all
    select 'reservation.events', null, count(*), sum(hash), sum(hashint8extended(hash, 1))
    from audit.entries
    cross join unnest(entries.event_hashes) as hash
    having count(*) > 0
)

select records.relation_name, records.batch_id, sum(records.row_count)::bigint as row_count,
    coalesce(sum(records.first_sum), 0) as first_sum, coalesce(sum(records.second_sum), 0) as second_sum
from records
group by records.relation_name, records.batch_id;
comment on view audit.recorded is 'One row per table and batch: rows and sums of hashes that the table holds by its records and entries. No batch: what came in otherwise.';

create function audit.seal_breaches() returns table (
    stream_code text, lane_number integer, sequence_number bigint, reservation_number text, breach text
)
    language sql stable
    set search_path = pg_catalog
as $$
    with chained as materialized (
        select records.stream_code, records.lane_number, records.sequence_number, records.row_count,
            records.content_hash, records.details ->> 'seal_id' as seal_id
        from audit.records
        where records.relation_name = 'audit.entries' and records.action_code = 'SEAL'
    ),

    named as materialized (
        select seals.seal_id, names.reservation_number,
            substring(seals.entry_hashes from (32 * names.place - 31)::integer for 32) as entry_hash
        from audit.seals
        cross join unnest(seals.reservation_numbers) with ordinality as names (reservation_number, place)
    ),

    found as (
        select chained.seal_id, null as reservation_number,
            case
                when seals.seal_id is null then format('seal %s of %s entries is missing', chained.seal_id,
                    chained.row_count)
                else format('seal %s was edited: its hash is not the %s that was chained', chained.seal_id,
                    encode(chained.content_hash, 'hex'))
            end as breach
        from chained
        left join audit.seals on seals.seal_id::text = chained.seal_id
        where audit.seal_hash(seals) is distinct from chained.content_hash
        union all
        select seals.seal_id::text, null, format('seal %s is in no record of the chain', seals.seal_id)
        from audit.seals
        where not exists (select from chained where chained.seal_id = seals.seal_id::text)
        union all
        select named.seal_id::text, named.reservation_number,
            case
                when entries.reservation_number is null then format('the entry of reservation %s is missing',
                    named.reservation_number)
                else format('the entry of reservation %s was edited; it says %s by %s at %s, and its hash is not the %s'
                    ' that was sealed', named.reservation_number, entries.action_code, entries.actor,
                    to_char(entries.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"Z"'),
                    encode(named.entry_hash, 'hex'))
            end
        from named
        left join audit.entries using (reservation_number)
        where audit.entry_hash(entries) is distinct from named.entry_hash or entries.reservation_number is null
        union all
        select max(named.seal_id::text), named.reservation_number,
            format('the entry of reservation %s is sealed %s times', named.reservation_number, count(*))
        from named
        group by named.reservation_number
        having count(*) > 1
    )

    select coalesce(chained.stream_code, 'reservation'), chained.lane_number, chained.sequence_number,
        found.reservation_number, found.breach
    from found
    left join chained using (seal_id)
    order by chained.lane_number, chained.sequence_number, found.reservation_number nulls first
$$;
comment on function audit.seal_breaches is 'Every seal and every sealed entry that is not as it was sealed. One pass over the seals and entries, a hash for each.';

create function audit.entry_breaches() returns table (reservation_number text, breach text)
    language sql stable
    set search_path = pg_catalog
as $$
    select entries.reservation_number,
        case
            when events.event_id is null then 'its events are missing'
            else format('it says %s reserved %s of lot %s in %s for %s at %s, and its event %s of lot %s in %s for %s at %s',
                entries.actor, entries.condition_code, coalesce(entries.lot_number, 'none'), entries.garage_code,
                entries.work_order_number, entries.recorded_at, events.actor, coalesce(events.lot_number, 'none'),
                events.garage_code, events.work_order_number, events.recorded_at)
        end
    from audit.entries
    left join reservation.events on events.reservation_number = entries.reservation_number
        and events.sequence_number = cardinality(entries.event_hashes)
        and events.idempotency_key
            = reservation.event_key(entries.reservation_number, cardinality(entries.event_hashes))
    where (
            events.actor, events.recorded_at, events.garage_code, events.part_id, events.condition_code, events.lot_number,
            events.work_order_number
        ) is distinct from (
            entries.actor, entries.recorded_at, entries.garage_code, entries.part_id, entries.condition_code,
            entries.lot_number, entries.work_order_number
        )
    order by 1
$$;
comment on function audit.entry_breaches is 'Every entry, sealed or not, that says something else than the events that it is of. One pass over both.';

create function audit.event_breaches() returns table (reservation_number text, breach text)
    language sql stable
    set search_path = pg_catalog
as $$
    with hashed as materialized (
        select events.reservation_number, events.sequence_number, hash_record_extended(events, 0) as hash
        from reservation.events
        where events.idempotency_key = reservation.event_key(events.reservation_number, events.sequence_number)
    ),

    compared as (
        select entries.reservation_number, entries.event_hashes,
            array_agg(hashed.hash order by hashed.sequence_number) as found_hashes
        from audit.entries
        left join hashed on hashed.reservation_number = entries.reservation_number
            and hashed.sequence_number <= cardinality(entries.event_hashes)
        -- What had other columns when it was entered has another hash now.
        where entries.recorded_at > (
            select coalesce(max(records.recorded_at), '-infinity') from audit.records
            where records.relation_name = 'reservation.events' and records.operation_code = 'RESHAPE'
        )
        group by entries.reservation_number, entries.event_hashes
    )

    select compared.reservation_number, 'its events are not those that its entry is of'
    from compared
    where compared.found_hashes is distinct from compared.event_hashes
    union all
    select hashed.reservation_number, 'it has events, and neither an entry nor a record names it'
    from hashed
    where hashed.sequence_number = 1
        and not exists (select from audit.entries where entries.reservation_number = hashed.reservation_number)
        and not exists (
            select from audit.records
            where records.details @> jsonb_build_object('rows', jsonb_build_array(
                jsonb_build_object('reservation_number', hashed.reservation_number)))
        )
    order by 1
$$;
comment on function audit.event_breaches is 'The reservations to look at where the events differ from their records as a whole: a hash for each event that was entered here.';

-- ----------------------------------------------------------------- grants

revoke execute on function audit.entry_hash, audit.seal_hash, audit.sealed_every, audit.seal, audit.entry_came,
    audit.seal_breaches, audit.entry_breaches, audit.event_breaches from public;
grant execute on function audit.entry_hash, audit.seal_hash, audit.seal, audit.seal_breaches, audit.entry_breaches,
    audit.event_breaches to partsbay_pipeline;
grant select on audit.entries, audit.seals to partsbay_pipeline, partsbay_replication;
grant insert on audit.entries to partsbay_ledger;
grant execute on function audit.sealed_every, audit.seal to partsbay_ledger;
alter publication pub_audit add table audit.entries, audit.seals;
