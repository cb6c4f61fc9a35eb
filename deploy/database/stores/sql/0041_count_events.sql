-- The life of a count: what is asked for, taken up, counted again, reviewed and ended. Counts are facts and move stock
-- as of the moment of counting whatever becomes of the work; acts are kept here, and the state follows from both.

create table garage_inventory.count_events (
    count_number text not null check (btrim(count_number) <> ''),
    garage_code text not null,
    part_id uuid not null,
    sequence_number integer not null check (sequence_number > 0),
    event_type_code text not null
        check (event_type_code in ('REQUESTED', 'COUNTING', 'INVESTIGATING', 'REVIEWED', 'COMPLETED', 'CANCELED')),
    reason_code text check (reason_code in ('BY_HAND', 'RECOUNT', 'NEVER_COUNTED', 'DUE')),
    reason text check (btrim(reason) <> ''),
    variance_quantity numeric,
    event_at timestamptz not null,
    actor text not null check (btrim(actor) <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (count_number, garage_code, part_id, sequence_number),
    check ((event_type_code = 'REQUESTED') = (sequence_number = 1)),
    check ((event_type_code = 'REQUESTED') = (reason_code is not null)),
    check (event_type_code not in ('INVESTIGATING', 'REVIEWED', 'CANCELED') or reason is not null),
    check ((event_type_code = 'REVIEWED') = (variance_quantity is not null))
);
comment on table garage_inventory.count_events is 'One row per act on the count of a part in a garage: asked for, taken up, to be counted again, reviewed, completed or given up, by whom and why. Append-only.';
comment on column garage_inventory.count_events.variance_quantity is 'What the reviewer accepted; lines that come later and change it ask for another review.';
create index count_events_by_cell on garage_inventory.count_events (garage_code, part_id);

create function garage_inventory.answers(count_number text, requested_at timestamptz, counted_number text, counted_at timestamptz)
    returns boolean
    language sql immutable parallel safe
    return counted_number = count_number or starts_with(counted_number, count_number || '/') or counted_at >= requested_at;
comment on function garage_inventory.answers is 'Whether a counted line of the same garage and part is an answer to a request: it bears its number, or it was counted after it.';

create view garage_inventory.count_tasks as
with acts as (
    select events.count_number, events.garage_code, events.part_id,
        min(events.event_at) as requested_at,
        (array_agg(events.actor order by events.sequence_number))[1] as requested_by,
        (array_agg(events.reason_code order by events.sequence_number))[1] as reason_code,
        max(events.sequence_number) as sequence_number,
        (array_agg(events.event_type_code order by events.sequence_number desc))[1] as act_code,
        (array_agg(events.event_at order by events.sequence_number desc))[1] as acted_at,
        (array_agg(events.actor order by events.sequence_number desc))[1] as acted_by,
        (array_agg(events.reason order by events.sequence_number desc))[1] as reason,
        (array_agg(events.variance_quantity order by events.sequence_number desc))[1] as reviewed_quantity,
        max(events.event_at) filter (where events.event_type_code = 'INVESTIGATING') as asked_again_at
    from garage_inventory.count_events as events
    group by events.count_number, events.garage_code, events.part_id
),

open_acts as materialized (
    select * from acts where act_code not in ('COMPLETED', 'CANCELED')
),

answers as (
    select open_acts.count_number, variances.garage_code, variances.part_id, variances.condition_code,
        variances.lot_number, count(*) as round_count, max(variances.counted_at) as counted_at,
        bool_or(variances.needs_recount) as is_disputed, bool_or(variances.is_beyond_tolerance) as was_beyond,
        coalesce(sum(variances.variance_quantity) filter (where not variances.is_opening), 0) as variance_quantity,
        sum(variances.variance_amount) filter (where not variances.is_opening) as variance_amount
    from open_acts
    inner join garage_inventory.count_variances_at('infinity') as variances using (garage_code, part_id)
    where garage_inventory.answers(
        open_acts.count_number, open_acts.requested_at, variances.count_number, variances.counted_at
    )
    group by open_acts.count_number, variances.garage_code, variances.part_id, variances.condition_code,
        variances.lot_number
),

answered as (
    select count_number, garage_code, part_id, max(round_count) as round_count, max(counted_at) as counted_at,
        bool_or(is_disputed) as is_disputed, bool_or(was_beyond) as was_beyond,
        -- Each round is compared with the one before, so together they are what the ledger was off by.
        sum(variance_quantity) as variance_quantity, sum(variance_amount) as variance_amount
    from answers
    group by count_number, garage_code, part_id
),

-- A place that nobody counted and where nothing moved since: the part is not counted yet.
passed_over as (
    select distinct answered.count_number, answered.garage_code, answered.part_id
    from answered
    inner join garage_inventory.cells using (garage_code, part_id)
    where cells.on_hand_quantity <> 0 and cells.condition_code <> 'IN_TRANSIT'
        and coalesce(cells.moved_at, '-infinity') <= answered.counted_at
        and not exists (
            select from answers
            where (answers.count_number, answers.garage_code, answers.part_id, answers.condition_code, answers.lot_number)
                = (answered.count_number, cells.garage_code, cells.part_id, cells.condition_code, cells.lot_number)
        )
)

select acts.count_number, acts.garage_code, acts.part_id, acts.requested_at, acts.requested_by, acts.reason_code,
    case
        when acts.act_code in ('COMPLETED', 'CANCELED') then acts.act_code
        when answered.count_number is null then acts.act_code
        when answered.counted_at <= acts.asked_again_at then 'INVESTIGATING'
        when acts.act_code = 'REVIEWED' and answered.counted_at <= acts.acted_at
            and answered.variance_quantity = acts.reviewed_quantity then 'REVIEWED'
        when passed_over.count_number is not null then 'COUNTING'
        when answered.is_disputed and answered.round_count < 3 then 'INVESTIGATING'
        when answered.was_beyond or acts.asked_again_at is not null or acts.act_code = 'REVIEWED' then 'READY_TO_REVIEW'
        else 'COUNTED'
    end as state_code,
    coalesce(answered.round_count, 0) as round_count, answered.counted_at, answered.variance_quantity,
    answered.variance_amount, acts.sequence_number, acts.act_code, acts.acted_at, acts.acted_by, acts.reason
from acts
left join answered using (count_number, garage_code, part_id)
left join passed_over using (count_number, garage_code, part_id);
comment on view garage_inventory.count_tasks is 'One row per request to count a part in a garage, with the state that acts and counted lines come to: REQUESTED, COUNTING, COUNTED, INVESTIGATING (too far off, or asked for again), READY_TO_REVIEW (counted again), REVIEWED, COMPLETED or CANCELED. Variances are those of all that is known now, while the request is open.';

create function garage_inventory.check_count_events() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
declare
    found_number text;
begin
    select new_rows.count_number into found_number
    from new_rows
    left join garage_inventory.count_events as before
        on (before.count_number, before.garage_code, before.part_id, before.sequence_number)
            = (new_rows.count_number, new_rows.garage_code, new_rows.part_id, new_rows.sequence_number - 1)
    where case new_rows.event_type_code
        when 'REQUESTED' then exists (
            select from garage_inventory.count_events as others
            where others.garage_code = new_rows.garage_code and others.part_id = new_rows.part_id
                and others.count_number <> new_rows.count_number
                and not exists (
                    select from garage_inventory.count_events as ends
                    where (ends.count_number, ends.garage_code, ends.part_id)
                            = (others.count_number, others.garage_code, others.part_id)
                        and ends.event_type_code in ('COMPLETED', 'CANCELED')
                )
        )
        when 'COUNTING' then before.event_type_code is distinct from 'REQUESTED'
        else before.event_type_code is null or before.event_type_code in ('COMPLETED', 'CANCELED')
    end
    limit 1;
    if found then
        raise exception 'count % is not where it could be taken on from', found_number
            using errcode = 'check_violation', constraint = 'count_events_in_order';
    end if;
    select new_rows.count_number into found_number
    from new_rows
    inner join garage_inventory.count_events as first
        on (first.count_number, first.garage_code, first.part_id, first.sequence_number)
            = (new_rows.count_number, new_rows.garage_code, new_rows.part_id, 1)
    inner join garage_inventory.counts
        on (counts.garage_code, counts.part_id) = (new_rows.garage_code, new_rows.part_id)
    where new_rows.event_type_code = 'REVIEWED' and lower(btrim(counts.actor)) = lower(btrim(new_rows.actor))
        and garage_inventory.answers(first.count_number, first.event_at, counts.count_number, counts.event_at)
    limit 1;
    if found then
        raise exception 'who counted for % cannot review it', found_number
            using errcode = 'check_violation', constraint = 'count_events_two_persons';
    end if;
    return null;
end
$$;
create trigger count_events_in_order after insert on garage_inventory.count_events
    referencing new table as new_rows for each statement execute function garage_inventory.check_count_events();

create function garage_inventory.lock_counts(garage_code text) returns boolean
    language plpgsql volatile
as $$
begin
    perform pg_catalog.pg_advisory_xact_lock(
        pg_catalog.hashtextextended('garage_inventory.count_events ' || lock_counts.garage_code, 0)
    );
    return true;
end
$$;
comment on function garage_inventory.lock_counts is 'Keep what a garage is to count from every other writer until this transaction ends; who asks in a later statement sees what was entered before.';

revoke execute on function garage_inventory.answers, garage_inventory.lock_counts from public;
grant execute on function garage_inventory.answers, garage_inventory.lock_counts to partsbay_pipeline;
grant select, insert on garage_inventory.count_events to partsbay_pipeline;
grant select on garage_inventory.count_tasks to partsbay_pipeline;
grant select on garage_inventory.count_events to partsbay_replication;
alter publication pub_garage_inventory add table garage_inventory.count_events;
select audit.watch('garage_inventory.count_events');
