-- What was due by the calendars of feeds, and what came of it. A calendar may change; what was due before stays so.

create table ingest.feed_dues (
    source_code text not null,
    kind text not null,
    due_at timestamptz not null,
    grace_minutes integer not null check (grace_minutes >= 0),
    recorded_at timestamptz not null default now(),
    primary key (source_code, kind, due_at)
);
comment on table ingest.feed_dues is 'One row per source, kind and moment at which a file was due by the calendar of its profile, from the day on which the calendar was first seen; the next moment of each is there, too, for as long as its calendar says so.';
comment on column ingest.feed_dues.grace_minutes is 'How much later is still in time.';

create view ingest.feed_arrivals as
with dues as (
    select source_code, kind, due_at, due_at + grace_minutes * interval '1 minute' as late_after_at,
        -- Half-way from the moment before; of the first, as long before as half the way to the next.
        due_at - coalesce(
            due_at - lag(due_at) over feed, lead(due_at) over feed - due_at, interval '1 day'
        ) / 2 as opens_at
    from ingest.feed_dues
    window feed as (partition by source_code, kind order by due_at)
),

moments as (
    select source_code, kind, opens_at as at, due_at
    from dues
    union all
    select batches.source_code, batches.kind, deliveries.delivered_at, null
    from ingest.batches
    inner join ingest.deliveries using (batch_id)
    where batches.state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE')
),

-- A running maximum instead of a join of every file with every moment.
placed as (
    select source_code, kind, at, due_at is null as is_delivery,
        max(due_at) over (
            partition by source_code, kind order by at, due_at nulls last rows unbounded preceding
        ) as due_at
    from moments
),

arrived as (
    select source_code, kind, due_at, min(at) as arrived_at
    from placed
    where is_delivery and due_at is not null
    group by source_code, kind, due_at
)

select dues.source_code, dues.kind, dues.due_at, dues.late_after_at, arrived.arrived_at
from dues
left join arrived using (source_code, kind, due_at);
comment on view ingest.feed_arrivals is 'One row per source, kind and moment at which a file was due, with the first accepted file that is nearer to it than to any other; none is empty. What is still waiting or was refused is no arrival.';

grant select, insert, delete on ingest.feed_dues to partsbay_pipeline;
grant select on ingest.feed_arrivals to partsbay_pipeline;
grant select on ingest.feed_dues to partsbay_replication;
alter publication pub_ingest add table ingest.feed_dues;
