-- A calendar that is taken away and comes back asks for nothing of the days between.

alter table ingest.feed_dues add column ended_at timestamptz;
comment on column ingest.feed_dues.ended_at is 'When the calendar was found to be gone after this moment: nothing was due from then until it was seen again. Empty where it stayed.';
grant update (ended_at) on ingest.feed_dues to partsbay_pipeline;

create or replace view ingest.feed_arrivals as
with dues as (
    select source_code, kind, due_at, due_at + grace_minutes * interval '1 minute' as late_after_at,
        -- Half-way from the moment before; of the first of a calendar, as long before as half the way to the next.
        due_at - coalesce(
            case when lag(ended_at) over feed is null then due_at - lag(due_at) over feed end,
            case when ended_at is null then lead(due_at) over feed - due_at end,
            interval '1 day'
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
