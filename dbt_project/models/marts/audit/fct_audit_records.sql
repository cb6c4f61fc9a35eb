{{ config(indexes=[
    {'columns': ['stream_code', 'lane_number', 'sequence_number'], 'unique': true},
    {'columns': ['record_id']},
    {'columns': ['batch_id']}
]) }}

with

records as (
    select * from {{ ref('stg_audit__records') }}
),

anchors as (
    select * from {{ ref('stg_audit__anchors') }}
),

heads as (
    select
        seen.stream_code,
        seen.lane_number,
        seen.sequence_number,
        min(anchors.anchor_number) as anchor_number
    from anchors
    cross join lateral jsonb_to_recordset(anchors.heads)
        as seen (stream_code text, lane_number integer, sequence_number bigint)
    group by seen.stream_code, seen.lane_number, seen.sequence_number
),

-- Who saw the end of a chain saw all before it: the first anchor of a record is the first of it or of a later one.
chained as (
    select
        records.*,
        min(heads.anchor_number) over (
            partition by records.stream_code, records.lane_number order by records.sequence_number desc
        ) as anchor_number
    from records
    -- At most one row per record on the right side.
    left join heads using (stream_code, lane_number, sequence_number)
),

final as (
    select
        chained.record_id,
        chained.stream_code,
        chained.lane_number,
        chained.sequence_number,
        chained.actor,
        chained.service_code,
        chained.action_code,
        chained.operation_code,
        chained.relation_name,
        chained.batch_id,
        (chained.details ->> 'caused_by_batch_id')::uuid as caused_by_batch_id,
        chained.details ->> 'source_code' as source_code,
        chained.details ->> 'file_name' as file_name,
        (chained.details ->> 'seal_id')::uuid as seal_id,
        chained.row_count,
        coalesce(jsonb_array_length(nullif(chained.details -> 'rows', 'null')), 0) as named_row_count,
        chained.reason,
        chained.correlation_id,
        chained.details - array['rows', 'caused_by_batch_id', 'source_code', 'file_name', 'seal_id'] as details,
        chained.content_hash,
        chained.record_hash,
        chained.recorded_at,
        {{ utc_day('chained.recorded_at') }} as recorded_on,
        chained.anchor_number,
        anchors.anchored_at,
        chained.anchor_number is not null as is_anchored
    from chained
    -- One row per anchor on the right side.
    left join anchors using (anchor_number)
)

select * from final
