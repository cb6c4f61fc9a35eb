with

source as (
    select * from {{ source('catalogue', 'supersessions') }}
),

-- A correction is a further revision of the same moment: the newest that was known counts.
known as (
    select distinct on (predecessor_part_id, successor_part_id, valid_from_at) *
    from source
    where {{ was_known() }}
    order by predecessor_part_id, successor_part_id, valid_from_at, revision_number desc
),

final as (
    select
        predecessor_part_id,
        successor_part_id,
        valid_from_at,
        kit_group_code,
        conversion_quantity,
        direction_code,
        disposition_code,
        effective_from_on,
        is_retired,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from known
    where valid_from_at <= {{ as_of() }}
)

select * from final
