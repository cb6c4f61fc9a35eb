-- The queue: messages are leased for a while, done once, tried again after waits that grow, and buried after the last try.
--
-- A lease is two columns of the row (a token and the moment until which the message is invisible to others), so the
-- mirror has it by ordinary replication, and a region that takes over goes on where the other stopped.
--
-- What a message brings about is recorded beside it under its id, in the transaction that brings it about. A worker
-- that dies between that and its word that it is done is followed by one that finds the record.

alter table replenishment.messages
    add column maximum_attempt_count integer not null default 5 check (maximum_attempt_count > 0),
    add column lease_token uuid,
    add column leased_by text,
    add column leased_at timestamptz,
    add column finished_at timestamptz,
    add constraint messages_status_code_check
        check (status_code in ('READY', 'LEASED', 'DONE', 'DEAD', 'DISCARDED')),
    add constraint messages_lease_check check ((status_code = 'LEASED') = (lease_token is not null)),
    add constraint messages_finished_check check (
        (status_code in ('DONE', 'DEAD', 'DISCARDED')) = (finished_at is not null)
    );
comment on table replenishment.messages is 'One row per queue message, once per topic and deduplication key: a proposal that is new or changed, an approved line that is to be ordered.';
comment on column replenishment.messages.visible_at is 'From when it may be taken: a later moment is a wait before the next try, or the end of a lease.';
comment on column replenishment.messages.lease_token is 'Whoever shows this token has the message until visible_at.';
comment on column replenishment.messages.leased_by is 'The worker that took it last.';
create index messages_to_take on replenishment.messages (topic_code, visible_at, message_id)
    where status_code in ('READY', 'LEASED');
create index messages_dead on replenishment.messages (topic_code, finished_at) where status_code = 'DEAD';

create table replenishment.message_effects (
    message_id uuid primary key references replenishment.messages,
    topic_code text not null,
    worker text not null,
    attempt_number integer not null,
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table replenishment.message_effects is 'One row per message whose effect was brought about, written in the transaction of the effect. Append-only.';

-- --------------------------------------------------------------- entering

create function replenishment.enqueue(
    topic_code text, deduplication_key text, payload jsonb, visible_at timestamptz default clock_timestamp(),
    maximum_attempt_count integer default 5
) returns table (message_id uuid, is_new boolean)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    known replenishment.messages;
begin
    insert into replenishment.messages as messages
        (topic_code, deduplication_key, payload, visible_at, maximum_attempt_count)
    values (enqueue.topic_code, enqueue.deduplication_key, enqueue.payload, enqueue.visible_at,
        enqueue.maximum_attempt_count)
    on conflict (topic_code, deduplication_key) do nothing
    returning messages.* into known;
    if found then
        return query select known.message_id, true;
        return;
    end if;
    select messages.* into known from replenishment.messages
    where messages.topic_code = enqueue.topic_code and messages.deduplication_key = enqueue.deduplication_key;
    if known.payload <> enqueue.payload then
        raise exception 'message % of % is there already, and says something else', enqueue.deduplication_key,
            enqueue.topic_code
            using errcode = 'PB701', hint = 'Another content is another message: give it a key of its own.';
    end if;
    return query select known.message_id, false;
end
$$;
comment on function replenishment.enqueue is 'Enter a message, once per topic and key: the same again answers the first id, another content under the same key is refused (PB701).';

-- ---------------------------------------------------------------- working

create function replenishment.backoff(
    message_id uuid, attempt_count integer, first_wait interval default '10 seconds',
    longest_wait interval default '1 hour'
) returns interval
    language sql immutable parallel safe
    return least(backoff.first_wait * power(2, least(backoff.attempt_count, 30) - 1), backoff.longest_wait)
        * (0.75 + mod(abs(hashtextextended(backoff.message_id::text, backoff.attempt_count)::numeric), 1000) / 2000);
comment on function replenishment.backoff is 'How long a message waits after its nth try: twice as long each time up to a longest wait, give or take a quarter by a hash of message and try, so that those which failed together do not come back together.';

create function replenishment.claim(topic_codes text[], worker text, message_count integer, visible_for interval)
    returns setof replenishment.messages
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    noted timestamptz := clock_timestamp();
begin
    perform reservation.refuse_standby();
    if coalesce(btrim(claim.worker), '') = '' or claim.message_count < 1 or claim.visible_for <= interval '0' then
        raise exception 'a claim needs a worker, a count and a time above nothing'
            using errcode = 'PB700', hint = 'Say who works, how many messages, and for how long.';
    end if;
    -- Whoever took these never said a word: the last try is over as well.
    update replenishment.messages
    set status_code = 'DEAD', lease_token = null, finished_at = noted,
        last_error = format('worker %s took it for try %s and was not heard of again', leased_by, attempt_count)
    where message_id in (
        select lapsed.message_id
        from replenishment.messages as lapsed
        where lapsed.topic_code = any(claim.topic_codes) and lapsed.status_code = 'LEASED'
            and lapsed.visible_at <= noted and lapsed.attempt_count >= lapsed.maximum_attempt_count
        for update skip locked
    );
    return query
    with next_in_turn as (
        select waiting.message_id
        from replenishment.messages as waiting
        where waiting.topic_code = any(claim.topic_codes) and waiting.status_code in ('READY', 'LEASED')
            and waiting.visible_at <= noted
        order by waiting.visible_at, waiting.message_id
        limit claim.message_count
        for update skip locked
    ),

    taken as (
        update replenishment.messages
        set status_code = 'LEASED', lease_token = gen_random_uuid(), leased_by = claim.worker, leased_at = noted,
            visible_at = noted + claim.visible_for, attempt_count = messages.attempt_count + 1
        from next_in_turn
        where messages.message_id = next_in_turn.message_id
        returning messages.*
    )

    select * from taken order by taken.message_id;
end
$$;
comment on function replenishment.claim is 'Take up to so many messages that are visible, the one that waits longest first, and hide them from others for a while. Never waits for another worker. Messages whose last try was never heard of are buried on the way.';

create function replenishment.held(message_id uuid, lease_token uuid) returns replenishment.messages
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    message replenishment.messages;
begin
    select messages.* into message from replenishment.messages where messages.message_id = held.message_id for update;
    if not found then
        raise exception 'there is no message %', held.message_id
            using errcode = 'PB702', hint = 'partsbay queue list names the messages.';
    end if;
    if message.status_code <> 'LEASED' or message.lease_token <> held.lease_token
        or message.visible_at <= clock_timestamp() then
        raise exception 'lease_lost: message % is no longer held by whoever says so; it is %', held.message_id,
            case
                when message.status_code <> 'LEASED' then message.status_code
                when message.lease_token <> held.lease_token then format('leased by %s until %s', message.leased_by,
                    to_char(message.visible_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'))
                else 'free again since ' || to_char(message.visible_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
            end
            using errcode = 'PB703', hint = 'Drop what this try has done; whoever holds the message goes on.';
    end if;
    return message;
end
$$;
comment on function replenishment.held is 'The message, locked, where the lease still holds; refused otherwise (PB703, lease_lost).';

create function replenishment.renew(message_id uuid, lease_token uuid, visible_for interval) returns timestamptz
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    renewed timestamptz := clock_timestamp() + renew.visible_for;
begin
    perform replenishment.held(renew.message_id, renew.lease_token);
    update replenishment.messages set visible_at = renewed where messages.message_id = renew.message_id;
    return renewed;
end
$$;
comment on function replenishment.renew is 'Keep a message for a while from now; refused once the lease is lost (PB703).';

create function replenishment.begin_effect(message_id uuid, lease_token uuid) returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    message replenishment.messages := replenishment.held(begin_effect.message_id, begin_effect.lease_token);
begin
    insert into replenishment.message_effects (message_id, topic_code, worker, attempt_number)
    values (message.message_id, message.topic_code, message.leased_by, message.attempt_count)
    on conflict do nothing;
    return found;
end
$$;
comment on function replenishment.begin_effect is 'Whether this transaction is the one that brings the effect of the message about: false where an earlier one has done so. Refused once the lease is lost (PB703).';

create function replenishment.ack(message_id uuid, lease_token uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform replenishment.held(ack.message_id, ack.lease_token);
    update replenishment.messages
    set status_code = 'DONE', lease_token = null, finished_at = clock_timestamp()
    where messages.message_id = ack.message_id;
end
$$;
comment on function replenishment.ack is 'The message is done; refused once the lease is lost (PB703).';

create function replenishment.fail(
    message_id uuid, lease_token uuid, error text, is_final boolean default false,
    first_wait interval default '10 seconds', longest_wait interval default '1 hour'
) returns replenishment.messages
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    message replenishment.messages := replenishment.held(fail.message_id, fail.lease_token);
begin
    if fail.is_final or message.attempt_count >= message.maximum_attempt_count then
        update replenishment.messages
        set status_code = 'DEAD', lease_token = null, finished_at = clock_timestamp(),
            last_error = left(fail.error, 2000)
        where messages.message_id = fail.message_id
        returning messages.* into message;
    else
        update replenishment.messages
        set status_code = 'READY', lease_token = null, last_error = left(fail.error, 2000),
            visible_at = clock_timestamp() + replenishment.backoff(
                messages.message_id, messages.attempt_count, fail.first_wait, fail.longest_wait
            )
        where messages.message_id = fail.message_id
        returning messages.* into message;
    end if;
    return message;
end
$$;
comment on function replenishment.fail is 'This try failed: the message comes back after a wait, or is a dead letter after its last one. Refused once the lease is lost (PB703).';

-- ----------------------------------------------------------------- acting

create function replenishment.act_on_messages(message_ids uuid[], act_code text) returns setof replenishment.messages
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    wrong replenishment.messages;
    unknown uuid;
    allowed text[] := case act_on_messages.act_code
        when 'RETRY' then array['READY'] when 'REPLAY' then array['DEAD'] when 'DISCARD' then array['READY', 'DEAD']
    end;
begin
    perform reservation.refuse_standby();
    perform from replenishment.messages
    where messages.message_id = any(act_on_messages.message_ids) order by messages.message_id for update;
    select wanted into unknown from unnest(act_on_messages.message_ids) as wanted
    where not exists (select from replenishment.messages where messages.message_id = wanted);
    if found then
        raise exception 'there is no message %', unknown
            using errcode = 'PB702', hint = 'partsbay queue list names the messages.';
    end if;
    select messages.* into wrong from replenishment.messages
    where messages.message_id = any(act_on_messages.message_ids) and messages.status_code <> all(allowed)
    order by messages.message_id limit 1;
    if found then
        raise exception 'message % is %, and % is for what is %', wrong.message_id, wrong.status_code,
            lower(act_on_messages.act_code), array_to_string(allowed, ' or ')
            using errcode = 'PB704',
            hint = case wrong.status_code when 'LEASED' then 'Wait until its lease ends, or end it: partsbay queue free.'
                else 'partsbay queue show says how it came to this.' end;
    end if;
    return query
    update replenishment.messages
    set status_code = case act_on_messages.act_code when 'DISCARD' then 'DISCARDED' else 'READY' end,
        finished_at = case act_on_messages.act_code when 'DISCARD' then clock_timestamp() end,
        visible_at = case act_on_messages.act_code when 'DISCARD' then messages.visible_at else clock_timestamp() end,
        attempt_count = case act_on_messages.act_code when 'REPLAY' then 0 else messages.attempt_count end
    where messages.message_id = any(act_on_messages.message_ids)
    returning messages.*;
end
$$;
comment on function replenishment.act_on_messages is 'RETRY lets messages that wait be taken now, REPLAY lets dead letters have all their tries again, DISCARD takes messages out for good. All of them or none: unknown ones (PB702) and those in another state (PB704) are refused.';

create function replenishment.free_leases(topic_codes text[] default null, worker text default null)
    returns setof replenishment.messages
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform reservation.refuse_standby();
    return query
    update replenishment.messages
    set status_code = 'READY', lease_token = null, visible_at = clock_timestamp()
    where messages.status_code = 'LEASED'
        and (free_leases.topic_codes is null or messages.topic_code = any(free_leases.topic_codes))
        and (free_leases.worker is null or messages.leased_by = free_leases.worker)
    returning messages.*;
end
$$;
comment on function replenishment.free_leases is 'End leases before their time, of a worker or of all: for a worker that is known to be dead, and for a region that takes over. Whoever still works under one finds its lease lost.';

create view replenishment.queue_topics as
select topic_code,
    count(*) filter (where status_code = 'READY' and visible_at <= clock_timestamp()) as ready_count,
    count(*) filter (where status_code = 'READY' and visible_at > clock_timestamp()) as waiting_count,
    count(*) filter (where status_code = 'LEASED' and visible_at > clock_timestamp()) as leased_count,
    count(*) filter (where status_code = 'LEASED' and visible_at <= clock_timestamp()) as lapsed_count,
    count(*) filter (where status_code = 'DEAD') as dead_count,
    count(*) filter (where status_code = 'DONE') as done_count,
    count(*) filter (where status_code = 'DISCARDED') as discarded_count,
    min(visible_at) filter (where status_code in ('READY', 'LEASED') and visible_at <= clock_timestamp())
        as oldest_visible_at,
    max(finished_at) filter (where status_code = 'DONE') as last_done_at
from replenishment.messages
group by topic_code;
comment on view replenishment.queue_topics is 'One row per topic: messages by what becomes of them next. Lapsed ones have a worker that was not heard of in time, and are taken again.';

-- ---------------------------------------------------------------- grants

-- A lease is taken, kept and given back by the functions alone.
revoke update on replenishment.messages from partsbay_pipeline;
revoke update (visible_at, attempt_count, status_code, last_error) on replenishment.messages from partsbay_pipeline;
grant select on replenishment.message_effects, replenishment.queue_topics to partsbay_pipeline;
grant select on replenishment.message_effects to partsbay_replication;
revoke execute on function replenishment.enqueue, replenishment.backoff, replenishment.claim, replenishment.held,
    replenishment.renew, replenishment.begin_effect, replenishment.ack, replenishment.fail,
    replenishment.act_on_messages, replenishment.free_leases from public;
grant execute on function replenishment.enqueue, replenishment.backoff, replenishment.claim, replenishment.renew,
    replenishment.begin_effect, replenishment.ack, replenishment.fail, replenishment.act_on_messages,
    replenishment.free_leases to partsbay_pipeline;
alter publication pub_replenishment add table replenishment.message_effects;
select audit.watch('replenishment.messages');
select audit.watch('replenishment.message_effects');
