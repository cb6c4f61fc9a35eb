with

source as (
    select * from {{ source('audit', 'records') }}
),

final as (
    select
        record_id,
        stream_code,
        lane_number,
        sequence_number,
        actor,
        service_code,
        action_code,
        operation_code,
        relation_name,
        batch_id,
        row_count,
        reason,
        correlation_id,
        details,
        encode(content_hash, 'hex') as content_hash,
        encode(record_hash, 'hex') as record_hash,
        recorded_at
    from source
    where {{ was_known() }}
)

select * from final
