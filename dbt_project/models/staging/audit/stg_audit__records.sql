with

source as (
    select * from {{ source('audit', 'records') }}
),

final as (
    select
        record_id,
        stream_code,
        sequence_number,
        actor,
        action_code,
        relation_name,
        batch_id,
        row_count,
        details,
        recorded_at
    from source
    where recorded_at <= {{ as_of() }}
)

select * from final
