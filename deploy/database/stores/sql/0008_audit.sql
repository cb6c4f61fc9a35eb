-- A record for every change of every store: who, when, why, how many rows, and a hash of what they say.
--
-- Each stream is a set of lanes, each a hash chain of its own: writers at work at the same time write into different
-- lanes, and none waits for another. What was written before there were lanes is lane 0.
--
-- Who and why are settings of the transaction: partsbay.actor, partsbay.reason, partsbay.correlation_id and
-- partsbay.batch_id; partsbay.action names the change where its operation alone says too little.

-- ---------------------------------------------------------------- records

alter table audit.records
    add column lane_number integer not null default 0,
    add column hash_version smallint not null default 1,
    add column operation_code text
        check (operation_code in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'BASELINE', 'RESHAPE')),
    add column service_code text,
    add column reason text,
    add column correlation_id text,
    drop constraint records_pkey,
    add primary key (stream_code, lane_number, sequence_number);
alter table audit.records
    alter column lane_number drop default,
    alter column hash_version drop default;
comment on table audit.records is 'One row per change of a store: a statement and a table. Chained by hash within its lane; order is that of the sequence numbers, never of the clock. Written by triggers and audit.append alone, in the transaction of the change.';
comment on column audit.records.lane_number is 'The chain within the stream. A transaction writes into one lane of a stream, and no other writes into it until it ends.';
comment on column audit.records.hash_version is 'Which fields record_hash covers: 2 all of them, 1 those that there were before lanes.';
comment on column audit.records.operation_code is 'What happened to rows of the relation; null for what a program told of its own. BASELINE accepts rows as they were found, RESHAPE a new column.';
comment on column audit.records.service_code is 'The database role that was logged in.';
comment on column audit.records.content_hash is 'Of a change of rows: two sums modulo 2^64 over the hashes of the rows, added, or taken away where rows went; 8 bytes each. Of a load that is copied in pieces: sha-256 of the bytes of the batch.';
comment on column audit.records.details is 'The file of a load; of up to 20 rows otherwise, under rows, their keys, with before and after of an update; under caused_by_batch_id the load that a change follows from.';
create index records_by_batch on audit.records (batch_id) where batch_id is not null;
create index records_by_actor on audit.records (actor, recorded_at);
create index records_by_detail on audit.records using gin (details jsonb_path_ops);

alter table audit.heads
    add column lane_number integer not null default 0,
    drop constraint heads_pkey,
    add primary key (stream_code, lane_number),
    set (fillfactor = 40);
comment on table audit.heads is 'One row per stream and lane: the last sequence number and hash of its chain. Its lock is held by whoever writes into the lane.';

drop function audit.hash_of(audit.records);
create function audit.hash_of(written audit.records) returns bytea
    language sql stable
    return sha256((written).previous_hash || convert_to((case (written).hash_version
        when 1 then jsonb_build_array(
            (written).stream_code, (written).sequence_number, (written).actor, (written).action_code,
            (written).relation_name, (written).batch_id, (written).row_count,
            encode((written).content_hash, 'hex'), (written).details,
            to_char((written).recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        else jsonb_build_array(
            (written).hash_version, (written).stream_code, (written).lane_number, (written).sequence_number,
            (written).record_id, (written).actor, (written).service_code, (written).action_code,
            (written).operation_code, (written).relation_name, (written).batch_id, (written).row_count,
            encode((written).content_hash, 'hex'), (written).reason, (written).correlation_id, (written).details,
            to_char((written).recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        end)::text, 'UTF8'));
comment on function audit.hash_of is 'The hash that a record must have: h(n) = sha256(h(n-1) || canonical json).';

-- ------------------------------------------------------------------ lanes

create function audit.new_lane(stream_code text) returns audit.heads
    language plpgsql
as $$
declare
    head audit.heads;
    lane integer := coalesce((select max(heads.lane_number) from audit.heads
        where heads.stream_code = new_lane.stream_code), -1);
begin
    loop
        lane := lane + 1;
        -- Whoever makes the same lane at this moment holds this lock until its commit; then the next number is ours.
        continue when not pg_try_advisory_xact_lock(hashtext('audit.heads ' || new_lane.stream_code), lane);
        insert into audit.heads (stream_code, lane_number, sequence_number, record_hash)
            values (new_lane.stream_code, lane, 0, '\x00')
            on conflict do nothing;
        -- Where it was there, it was committed since we looked, and may be free again.
        select * into head from audit.heads
            where heads.stream_code = new_lane.stream_code and heads.lane_number = lane for update skip locked;
        exit when found;
    end loop;
    return head;
end
$$;
comment on function audit.new_lane is 'A lane of the stream that is locked by this transaction, made where every other has a writer.';

-- Few statements and hardly an expression besides: PL/pgSQL prepares each expression anew in every transaction.
create function audit.enter(
    stream_code text, actor text, action_code text, operation_code text, relation_name text,
    batch_id uuid, row_count bigint, content_hash bytea, reason text, details jsonb
) returns bigint
    language plpgsql
as $$
declare
    lanes jsonb := coalesce(nullif(current_setting('partsbay.lanes', true), ''), '{}');
    head audit.heads;
    entered_number bigint;
begin
    if lanes ? enter.stream_code then
        select * into head from audit.heads
            where heads.stream_code = enter.stream_code
                and heads.lane_number = (lanes ->> enter.stream_code)::integer;
    else
        select * into head from audit.heads
            where heads.stream_code = enter.stream_code order by heads.lane_number limit 1 for update skip locked;
    end if;
    if not found then
        head := audit.new_lane(enter.stream_code);
    end if;
    with said as (
        -- In the order of the columns.
        select uuidv7() as record_id, head.stream_code, head.sequence_number + 1 as sequence_number, enter.actor,
            enter.action_code, enter.relation_name, enter.batch_id, enter.row_count, enter.content_hash, enter.details,
            clock_timestamp() as recorded_at, head.record_hash as previous_hash, null::bytea as record_hash,
            head.lane_number, 2::smallint as hash_version, enter.operation_code, session_user::text as service_code,
            coalesce(nullif(current_setting('partsbay.reason', true), ''), enter.reason) as reason,
            nullif(current_setting('partsbay.correlation_id', true), '') as correlation_id
        offset 0
    ),

    entered as (
        insert into audit.records (
            record_id, stream_code, sequence_number, actor, action_code, relation_name, batch_id, row_count,
            content_hash, details, recorded_at, previous_hash, record_hash, lane_number, hash_version, operation_code,
            service_code, reason, correlation_id
        )
        select said.record_id, said.stream_code, said.sequence_number, said.actor, said.action_code,
            said.relation_name, said.batch_id, said.row_count, said.content_hash, said.details, said.recorded_at,
            said.previous_hash, audit.hash_of(row(said.*)::audit.records), said.lane_number, said.hash_version,
            said.operation_code, said.service_code, said.reason, said.correlation_id
        from said
        returning records.sequence_number, records.record_hash
    )

    update audit.heads
    set sequence_number = entered.sequence_number, record_hash = entered.record_hash
    from entered
    where heads.stream_code = head.stream_code and heads.lane_number = head.lane_number
    returning heads.sequence_number,
        set_config('partsbay.lanes', jsonb_set(lanes, array[head.stream_code], to_jsonb(head.lane_number))::text, true)
    into entered_number;
    return entered_number;
end
$$;
comment on function audit.enter is 'Chain a record to the lane of this transaction and return its sequence number. Never waits for another writer.';

create or replace function audit.append(
    stream_code text, actor text, action_code text, relation_name text,
    batch_id uuid, row_count bigint, content_hash bytea, details jsonb
) returns bigint
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$
    select audit.enter(append.stream_code, append.actor, append.action_code, null, append.relation_name,
        append.batch_id, append.row_count, append.content_hash, append.details ->> 'reason', append.details)
$$;
comment on function audit.append is 'Append one record of what a program did to a stream and return its sequence number within the lane of this transaction.';

-- ---------------------------------------------------------------- content

-- Sums of hashes do not depend on the order of rows, and can be taken over any part of a table: what records add up to
-- is what the table must hold. Each row counts with 64 bits and with a mix of them, so that an accident goes unseen once
-- in 2^64. They are no signature: whoever may edit rows and knows how can make up others with the same sums, which the
-- standby and the raw bytes of the batches still tell.
create function audit.wrapped(total numeric) returns bigint
    language sql immutable parallel safe
    return (mod(mod(coalesce(total, 0), 18446744073709551616) + 27670116110564327424, 18446744073709551616)
        - 9223372036854775808)::bigint;
comment on function audit.wrapped is 'A sum modulo 2^64, as a signed number.';

create function audit.packed(first_sum numeric, second_sum numeric) returns bytea
    language sql immutable parallel safe
    return int8send(audit.wrapped(first_sum)) || int8send(audit.wrapped(second_sum));
comment on function audit.packed is 'Two sums as the 16 bytes of a content hash.';

create function audit.unpacked(content_hash bytea, from_byte integer) returns bigint
    language sql immutable parallel safe
    return ('x' || encode(substring(content_hash from from_byte for 8), 'hex'))::bit(64)::bigint;
comment on function audit.unpacked is 'A sum of a content hash: the first from byte 1, the second from byte 9.';

create table audit.relations (
    relation_name text primary key,
    proof_code text not null check (proof_code in ('ROWS', 'BATCHES', 'FOLD')),
    column_names text[] not null
);
comment on table audit.relations is 'One row per store table of this database and how its content is proved: ROWS by a hash of every change, BATCHES by the records of the loads that alone may fill it, FOLD by folding other tables. Not replicated.';
comment on column audit.relations.column_names is 'The columns that content hashes cover, in their order.';

create function audit.stored(relation regclass, column_names text[])
    returns table (batch_id uuid, row_count bigint, first_sum numeric, second_sum numeric)
    language plpgsql stable
    set search_path = pg_catalog
as $$
declare
    has_batch boolean := exists (select from pg_attribute where attrelid = relation and attname = 'batch_id');
    columns text := (select string_agg(format('stored.%I', name), ', ' order by place)
        from unnest(column_names) with ordinality as names (name, place));
begin
    return query execute format(
        'select batch_id, count(*), coalesce(sum(hash), 0), coalesce(sum(hashint8extended(hash, 1)), 0) from '
        '(select %s as batch_id, %s as hash from %s as stored offset 0) as hashed group by 1',
        case when has_batch then 'stored.batch_id' else 'null::uuid' end,
        case when columns is null then 'null::bigint' else format('hash_record_extended(row(%s), 0)', columns) end,
        relation);
end
$$;
comment on function audit.stored is 'Rows and sums of hashes of a table as it stands, per batch: one pass over the table. No columns, no hashes.';

create view audit.recorded as
select
    records.relation_name, records.batch_id,
    sum(case
        when records.operation_code in ('DELETE', 'TRUNCATE') then -records.row_count
        when records.operation_code in ('UPDATE', 'RESHAPE') then 0
        else records.row_count
    end)::bigint as row_count,
    coalesce(sum(audit.unpacked(records.content_hash, 1)) filter (where records.operation_code is not null), 0)
        as first_sum,
    coalesce(sum(audit.unpacked(records.content_hash, 9)) filter (where records.operation_code is not null), 0)
        as second_sum
from audit.records
inner join audit.relations using (relation_name)
-- A load that is copied in pieces has one record of its own. Where rows are hashed, older records of loads are part
-- of the baseline.
where records.operation_code is not null or (relations.proof_code = 'BATCHES' and records.action_code = 'LOAD')
group by records.relation_name, records.batch_id;
comment on view audit.recorded is 'One row per table and batch: rows and sums of hashes that the table holds by its records. No batch: what came in otherwise.';

-- --------------------------------------------------------------- triggers

create function audit.is_fed() returns boolean
    language sql stable
    return exists (select from pg_subscription inner join pg_database on pg_database.oid = subdbid
        where datname = current_database() and subname like 'sub\_%');
comment on function audit.is_fed is 'Whether this is a standby: its records come with its rows, and it writes none that would stand in their place.';

create function audit.record_change() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    changed_count bigint;
    content_hash bytea;
    details jsonb;
    loading uuid := nullif(current_setting('partsbay.batch_id', true), '');
    batch uuid;
begin
    if tg_op = 'INSERT' then
        select count(*), audit.packed(sum(hash), sum(hashint8extended(hash, 1))),
            case tg_argv[1]
                when 'always' then loading
                when 'sometimes' then case when loading is not null then
                    (select (to_jsonb(changed) ->> 'batch_id')::uuid from new_rows as changed limit 1) end
            end,
            case when count(*) <= 20 and (loading is null or tg_argv[1] <> 'always') then (
                select jsonb_build_object('rows', jsonb_agg(jsonb_strip_nulls(to_jsonb(changed) - tg_argv[0]::text[])))
                from new_rows as changed
                -- A row of megabytes is known by its batch.
                having max(pg_column_size(changed)) < 8000
            ) end
        into changed_count, content_hash, batch, details
        from (select hash_record_extended(changed, 0) as hash from new_rows as changed offset 0) as hashed;
    elsif tg_op = 'UPDATE' then
        select count(*) filter (where is_new), audit.packed(
            sum(case when is_new then hash else -hash::numeric end),
            sum(case when is_new then hashint8extended(hash, 1) else -hashint8extended(hash, 1)::numeric end))
        into changed_count, content_hash
        from (
            select true as is_new, hash_record_extended(changed, 0) as hash from new_rows as changed
            union all
            select false, hash_record_extended(changed, 0) from old_rows as changed
        ) as hashed;
        if changed_count between 1 and 20 then
            -- Both tables hold the rows in the order in which they were updated.
            select jsonb_build_object('rows', jsonb_agg(
                jsonb_strip_nulls(after.line - tg_argv[0]::text[]) || (
                    select jsonb_build_object(
                        'before', coalesce(jsonb_object_agg(key, before.line -> key), '{}'),
                        'after', coalesce(jsonb_object_agg(key, value), '{}'))
                    from jsonb_each(after.line)
                    where before.line -> key is distinct from value
                )))
            into details
            from (select row_number() over () as place, to_jsonb(changed) as line from new_rows as changed) as after
            inner join (select row_number() over () as place, to_jsonb(changed) as line from old_rows as changed)
                as before using (place)
            having max(pg_column_size(after.line)) < 8000;
        end if;
    elsif tg_op = 'DELETE' then
        select count(*), audit.packed(-sum(hash), -sum(hashint8extended(hash, 1))),
            case when count(*) <= 20 then (
                select jsonb_build_object('rows', jsonb_agg(
                    jsonb_strip_nulls(to_jsonb(changed) - tg_argv[0]::text[])
                    || jsonb_build_object('before', to_jsonb(changed))))
                from old_rows as changed
                having max(pg_column_size(changed)) < 8000
            ) end
        into changed_count, content_hash, details
        from (select hash_record_extended(changed, 0) as hash from old_rows as changed offset 0) as hashed;
    else
        -- A standby is emptied to be filled anew.
        if audit.is_fed() then
            return null;
        end if;
        select sum(stored.row_count), audit.packed(-sum(stored.first_sum), -sum(stored.second_sum))
        into changed_count, content_hash
        from audit.relations
        cross join audit.stored(tg_relid::regclass, column_names) as stored
        where relations.relation_name = tg_table_schema || '.' || tg_table_name;
    end if;
    if coalesce(changed_count, 0) = 0 then
        return null;
    end if;
    if loading is not null then
        details := case
            when batch is null then coalesce(details, '{}') || jsonb_build_object('caused_by_batch_id', loading)
            else (select jsonb_build_object('source_code', batches.source_code, 'file_name', batches.file_name)
                from ingest.batches where batches.batch_id = batch)
        end;
    end if;
    perform audit.enter(
        tg_table_schema,
        coalesce(nullif(current_setting('partsbay.actor', true), ''), session_user),
        case when batch is null then coalesce(nullif(current_setting('partsbay.action', true), ''), tg_op) else 'LOAD' end,
        tg_op, tg_table_schema || '.' || tg_table_name, batch, changed_count, content_hash, null,
        coalesce(details, '{}'));
    return null;
end
$$;
comment on function audit.record_change is 'After a statement that changed rows: its record. The arguments list the columns that are no keys, and say whether its rows name a batch: always, sometimes or never.';

create function audit.require_batch() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from ingest.batches
        where batch_id = nullif(current_setting('partsbay.batch_id', true), '')::uuid) then
        raise exception '%.% is filled by batches alone, and this transaction loads none', tg_table_schema, tg_table_name
            using errcode = 'insufficient_privilege',
            hint = 'Send the rows as a file with partsbay ingest; a program sets partsbay.batch_id to its batch.';
    end if;
    return null;
end
$$;
comment on function audit.require_batch is 'Before rows are copied into a table in pieces: refuses what no load would record.';

create function audit.name_of(relation regclass) returns text
    language sql stable
    return (select nspname || '.' || relname from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = relation);
comment on function audit.name_of is 'The name of a table as records spell it.';

create function audit.columns_of(relation regclass) returns text[]
    language sql stable
    return (select array_agg(attname::text order by attnum) from pg_attribute
        where attrelid = relation and attnum > 0 and not attisdropped);
comment on function audit.columns_of is 'The columns of a table in their order.';

-- Rows that have no records yet get them, one per batch: as they are found when the table is new to the audit or lost
-- a column, and by nothing but the difference that it makes when the table has a new column.
create function audit.take_over(relation regclass, proof_code text) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    known text[] := (select column_names from audit.relations where relation_name = audit.name_of(relation));
    present text[] := case when take_over.proof_code = 'ROWS' then audit.columns_of(relation) else '{}' end;
    operation text := case when known <@ present and known <> '{}' then 'RESHAPE' else 'BASELINE' end;
    missing record;
begin
    if known is not distinct from present then
        return;
    end if;
    insert into audit.relations values (audit.name_of(relation), take_over.proof_code, present)
        on conflict (relation_name) do update set proof_code = excluded.proof_code, column_names = excluded.column_names;
    if audit.is_fed() then
        return;
    end if;
    for missing in
        with was as (
            select stored.* from audit.stored(relation, known) as stored where operation = 'RESHAPE'
            union all
            select recorded.batch_id, recorded.row_count, recorded.first_sum, recorded.second_sum
            from audit.recorded
            where recorded.relation_name = audit.name_of(relation) and operation = 'BASELINE'
        ),

        differences as (
            select batch_id, row_count, first_sum, second_sum from audit.stored(relation, present)
            union all
            select batch_id, -row_count, -first_sum, -second_sum from was
        )

        select batch_id, sum(row_count)::bigint as row_count,
            audit.packed(sum(first_sum), sum(second_sum)) as content_hash
        from differences
        group by batch_id
        having sum(row_count) <> 0 or audit.packed(sum(first_sum), sum(second_sum)) <> audit.packed(0, 0)
        order by batch_id
    loop
        perform audit.enter(split_part(audit.name_of(relation), '.', 1), session_user, operation, operation,
            audit.name_of(relation), missing.batch_id, missing.row_count, missing.content_hash,
            'rows that were there before the audit knew the table as it is', '{}');
    end loop;
end
$$;
comment on function audit.take_over is 'Make the records of a table add up to the rows that it holds, saying so in them.';

create function audit.set_triggers(relation regclass, operations text[]) returns void
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
        execute format('create trigger %I %s %s on %s %s for each statement execute function audit.record_change(%L, %L)',
            'audit_' || operation,
            case operation when 'truncate' then 'before' else 'after' end, operation, relation,
            case operation
                when 'insert' then 'referencing new table as new_rows'
                when 'update' then 'referencing old table as old_rows new table as new_rows'
                when 'delete' then 'referencing old table as old_rows'
                else ''
            end,
            others, batch);
    end loop;
end
$$;

create function audit.watch(relation regclass) returns void
    language plpgsql
as $$
begin
    perform audit.set_triggers(relation, array['insert', 'update', 'delete', 'truncate']);
    perform audit.take_over(relation, 'ROWS');
end
$$;
comment on function audit.watch is 'From now on every statement that changes the table leaves a record. A migration calls it for each new table of a store, and again after it has changed the columns of one.';

create function audit.watch_loads(relation regclass) returns void
    language plpgsql
as $$
begin
    perform audit.set_triggers(relation, array['update', 'delete', 'truncate']);
    execute format('drop trigger if exists audit_insert on %s', relation);
    execute format('create trigger audit_insert before insert on %s for each statement'
        ' execute function audit.require_batch()', relation);
    perform audit.take_over(relation, 'BATCHES');
end
$$;
comment on function audit.watch_loads is 'The same for a table that only batches fill, in pieces, and of which each load leaves one record of its own.';

create function audit.leave_to_fold(relation regclass) returns void
    language sql
as $$
    insert into audit.relations values (audit.name_of(relation), 'FOLD', '{}') on conflict do nothing
$$;
comment on function audit.leave_to_fold is 'Say of a table that it is derived from tables that are watched, and proved by folding them again.';

do $$
declare
    relation regclass;
    loaded text[] := array['supplier_feed.offers', 'supplier_feed.availability', 'supplier_feed.articles',
        'supplier_feed.interchanges', 'replenishment.acknowledgements', 'replenishment.shipment_lines'];
    derived text[] := array['garage_inventory.cells', 'garage_inventory.positions', 'reservation.pegs',
        'reservation.states', 'quality_hold.holds'];
    decisive text[] := array['ingest.decisions', 'ingest.match_decisions'];
begin
    for relation in
        select pg_class.oid
        from pg_class
        inner join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('r', 'p') and not relispartition
            and (nspname in ('catalogue', 'supplier_feed', 'garage_inventory', 'reservation', 'replenishment',
                    'quality_hold')
                or nspname || '.' || relname = any(decisive))
        order by nspname, relname
    loop
        if audit.name_of(relation) = any(derived) then
            perform audit.leave_to_fold(relation);
        elsif audit.name_of(relation) = any(loaded) then
            perform audit.watch_loads(relation);
        else
            perform audit.watch(relation);
        end if;
    end loop;
end
$$;

-- ---------------------------------------------------------------- anchors

create table audit.anchors (
    anchor_number bigint primary key,
    anchored_at timestamptz not null,
    heads jsonb not null,
    previous_hash bytea not null,
    anchor_hash bytea not null
);
comment on table audit.anchors is 'One row per anchor: where every chain ended at a moment, chained by hash. Its copy in a file outside of the database is what finds a tail that was cut off or written anew.';
comment on column audit.anchors.heads is 'Per lane that has records: stream_code, lane_number, sequence_number, and record_hash in hexadecimal.';

create function audit.anchor_hash(anchor_number bigint, anchored_at timestamptz, heads jsonb, previous_hash bytea)
    returns bytea
    language sql stable
    return sha256(anchor_hash.previous_hash || convert_to(jsonb_build_array(anchor_hash.anchor_number,
        to_char(anchor_hash.anchored_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        anchor_hash.heads)::text, 'UTF8'));
comment on function audit.anchor_hash is 'The hash that an anchor must have, over the one before.';

create function audit.anchor() returns audit.anchors
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    newest audit.anchors;
    anchor audit.anchors;
begin
    perform pg_advisory_xact_lock(hashtext('audit.anchors'));
    select * into newest from audit.anchors order by anchor_number desc limit 1;
    select coalesce(jsonb_agg(jsonb_build_object('stream_code', stream_code, 'lane_number', lane_number,
        'sequence_number', sequence_number, 'record_hash', encode(record_hash, 'hex'))
        order by stream_code, lane_number), '[]')
    into anchor.heads
    from audit.heads
    where sequence_number > 0;
    if anchor.heads = newest.heads then
        return newest;
    end if;
    anchor.anchor_number := coalesce(newest.anchor_number, 0) + 1;
    anchor.anchored_at := clock_timestamp();
    anchor.previous_hash := coalesce(newest.anchor_hash, '\x00');
    anchor.anchor_hash := audit.anchor_hash(
        anchor.anchor_number, anchor.anchored_at, anchor.heads, anchor.previous_hash);
    insert into audit.anchors select anchor.*;
    return anchor;
end
$$;
comment on function audit.anchor is 'Keep where every chain ends now; the newest anchor again when no chain has grown since.';

-- --------------------------------------------------------------- breaches

drop function audit.breaches();
create function audit.breaches()
    returns table (stream_code text, lane_number integer, sequence_number bigint, breach text)
    language sql stable
    set search_path = pg_catalog
as $$
    with chained as (
        select
            records,
            lag(records.record_hash, 1, '\x00'::bytea) over chain as last_hash,
            lag(records.sequence_number, 1, 0::bigint) over chain as last_number
        from audit.records
        window chain as (partition by records.stream_code, records.lane_number order by records.sequence_number)
    ),

    said as (
        select *, format('it says %s of %s, %s rows, by %s at %s', (records).action_code, (records).relation_name,
            (records).row_count, (records).actor,
            to_char((records).recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"Z"')) as words
        from chained
    ),

    ends as (
        select stream_code, lane_number, max(records.sequence_number) as sequence_number
        from audit.records
        group by 1, 2
    )

    select (records).stream_code, (records).lane_number, last_number + 1,
        case
            when (records).sequence_number = last_number + 2 then format('record %s is missing', last_number + 1)
            else format('records %s to %s are missing', last_number + 1, (records).sequence_number - 1)
        end || format('; the last of them had the hash %s, and record %s follows: %s',
            encode((records).previous_hash, 'hex'), (records).sequence_number, words)
    from said
    where (records).sequence_number > last_number + 1
    union all
    select (records).stream_code, (records).lane_number, (records).sequence_number,
        format('record %s is not the one that was chained here, by the hash %s of the one before it; %s',
            (records).sequence_number, encode((records).previous_hash, 'hex'), words)
    from said
    where (records).sequence_number = last_number + 1 and (records).previous_hash <> last_hash
    union all
    select (records).stream_code, (records).lane_number, (records).sequence_number,
        format('record %s was edited; %s, and its hash is not the %s that was written with it',
            (records).sequence_number, words, encode((records).record_hash, 'hex'))
    from said
    where (records).record_hash <> audit.hash_of(records)
    union all
    select heads.stream_code, heads.lane_number, heads.sequence_number,
        case
            when ends.sequence_number is null then format('all %s records are missing', heads.sequence_number)
            when ends.sequence_number < heads.sequence_number then format('the chain ends at record %s and its head'
                ' says %s: records were cut off', ends.sequence_number, heads.sequence_number)
            when ends.sequence_number > heads.sequence_number then format('the head says that the chain ends at record'
                ' %s, and there is a record %s', heads.sequence_number, ends.sequence_number)
            else format('the head has the hash %s, which is not that of its last record', encode(heads.record_hash, 'hex'))
        end
    from audit.heads
    left join ends using (stream_code, lane_number)
    left join audit.records on records.stream_code = heads.stream_code and records.lane_number = heads.lane_number
        and records.sequence_number = heads.sequence_number
    where heads.sequence_number > 0
        and (ends.sequence_number is distinct from heads.sequence_number
            or records.record_hash is distinct from heads.record_hash)
    union all
    select ends.stream_code, ends.lane_number, ends.sequence_number, 'the head of the chain is missing'
    from ends
    where not exists (
        select from audit.heads
        where (heads.stream_code, heads.lane_number) = (ends.stream_code, ends.lane_number)
    )
    order by 1, 2, 3
$$;
comment on function audit.breaches is 'Every record or head of the chains that is not as it was written. One pass over the records, a hash for each.';

create function audit.content_breaches()
    returns table (relation_name text, batch_id uuid, recorded_count bigint, stored_count bigint, breach text)
    language plpgsql stable
    set search_path = pg_catalog
as $$
declare
    relation record;
begin
    for relation in
        with totals as (
            select recorded.relation_name, sum(recorded.row_count) as row_count,
                audit.packed(sum(recorded.first_sum), sum(recorded.second_sum)) as content_hash
            from audit.recorded
            group by 1
        )

        select relations.relation_name, relations.proof_code, relations.column_names,
            coalesce(totals.row_count, 0) as row_count,
            coalesce(totals.content_hash, audit.packed(0, 0)) as content_hash
        from audit.relations
        left join totals using (relation_name)
        where relations.proof_code in ('ROWS', 'BATCHES')
        order by relations.relation_name
    loop
        if relation.proof_code = 'ROWS'
            and relation.column_names <> audit.columns_of(relation.relation_name::regclass) then
            return query select relation.relation_name, null::uuid, null::bigint, null::bigint,
                format('%s has other columns than its records cover; its migration must call audit.watch',
                    relation.relation_name);
            continue;
        end if;
        return query
        with stored as materialized (
            select * from audit.stored(relation.relation_name::regclass, relation.column_names)
        ),

        totals as (
            select coalesce(sum(row_count), 0) as row_count,
                audit.packed(sum(first_sum), sum(second_sum)) as content_hash
            from stored
        ),

        -- Only where the whole differs: rows that came in outside of a load may name any batch.
        recorded as (
            select recorded.* from audit.recorded, totals
            where recorded.relation_name = relation.relation_name
                and (totals.row_count <> relation.row_count
                    or (relation.proof_code = 'ROWS' and totals.content_hash <> relation.content_hash))
        ),

        differences as (
            select recorded.batch_id, recorded.row_count as said_count, 0::bigint as found_count,
                recorded.first_sum, recorded.second_sum
            from recorded
            union all
            select (select recorded.batch_id from recorded where recorded.batch_id = stored.batch_id),
                0, stored.row_count, -stored.first_sum, -stored.second_sum
            from stored, totals
            where totals.row_count <> relation.row_count
                or (relation.proof_code = 'ROWS' and totals.content_hash <> relation.content_hash)
        )

        select relation.relation_name, differences.batch_id, sum(said_count)::bigint, sum(found_count)::bigint,
            case
                when sum(said_count) = sum(found_count) then format('%s rows of %s are not as they were written',
                    sum(said_count), relation.relation_name)
                else format('%s rows of %s were written and %s are there', sum(said_count), relation.relation_name,
                    sum(found_count))
            end || coalesce(' in batch ' || differences.batch_id, ' outside of any batch')
        from differences
        group by differences.batch_id
        having sum(said_count) <> sum(found_count)
            or (relation.proof_code = 'ROWS'
                and audit.packed(sum(first_sum), sum(second_sum)) <> audit.packed(0, 0))
        order by differences.batch_id;
    end loop;
end
$$;
comment on function audit.content_breaches is 'Every batch of a store whose rows are not what its records add up to. One pass over each table that is watched, about a second per million rows; of tables that batches fill rows are counted only.';

create function audit.anchor_breaches(heads jsonb)
    returns table (stream_code text, lane_number integer, sequence_number bigint, breach text)
    language sql stable
    set search_path = pg_catalog
as $$
    select anchored.stream_code, anchored.lane_number, anchored.sequence_number,
        case
            when records.record_hash is null then format('record %s is missing; the anchor has its hash %s, and the'
                ' chain ends at record %s', anchored.sequence_number, anchored.record_hash, coalesce(
                (select max(records.sequence_number) from audit.records
                where (records.stream_code, records.lane_number) = (anchored.stream_code, anchored.lane_number)), 0))
            else format('record %s or one before it was written anew: the anchor has the hash %s, the chain %s',
                anchored.sequence_number, anchored.record_hash, encode(records.record_hash, 'hex'))
        end
    from jsonb_to_recordset(anchor_breaches.heads)
        as anchored (stream_code text, lane_number integer, sequence_number bigint, record_hash text)
    left join audit.records using (stream_code, lane_number, sequence_number)
    where encode(records.record_hash, 'hex') is distinct from anchored.record_hash
    order by 1, 2
$$;
comment on function audit.anchor_breaches is 'Every chain that no longer holds what an anchor saw at its end.';

-- ----------------------------------------------------------------- grants

revoke execute on all functions in schema audit from public;
grant execute on function audit.append, audit.hash_of, audit.breaches, audit.content_breaches, audit.anchor,
    audit.anchor_hash, audit.anchor_breaches, audit.stored, audit.packed, audit.wrapped, audit.unpacked,
    audit.columns_of, audit.name_of to partsbay_pipeline;
grant select on audit.relations, audit.recorded, audit.anchors to partsbay_pipeline, partsbay_replication;
alter publication pub_audit add table audit.anchors;
