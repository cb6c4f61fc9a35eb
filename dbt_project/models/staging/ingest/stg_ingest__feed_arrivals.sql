with

source as (
    select * from {{ source('ingest', 'feed_arrivals') }}
),

final as (
    select
        source_code,
        kind,
        due_at,
        late_after_at,
        case when arrived_at <= {{ as_of() }} then arrived_at end as arrived_at
    from source
    where late_after_at < {{ as_of() }}
)

select * from final
