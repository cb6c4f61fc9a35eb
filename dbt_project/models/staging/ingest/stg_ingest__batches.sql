with

source as (
    select * from {{ source('ingest', 'batches') }}
),

final as (
    select
        batch_id,
        source_code,
        kind,
        received_at,
        state as state_code,
        rows_read as row_count,
        rows_quarantined as quarantined_row_count
    from source
    where received_at <= {{ as_of() }}
)

select * from final
