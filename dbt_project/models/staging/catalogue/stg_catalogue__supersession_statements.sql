with

source as (
    select *, {{ was_known('decided_at') }} as is_decision_known from {{ source('catalogue', 'supersession_statements') }}
),

final as (
    select
        batch_id,
        line_number,
        predecessor_part_id,
        successor_part_id,
        valid_from_at,
        kit_group_code,
        conversion_quantity,
        direction_code,
        disposition_code,
        effective_from_on,
        is_of_part,
        source_code,
        handed_in_by,
        case when is_decision_known then decision_code end as decision_code,
        case when is_decision_known then decision_reason end as decision_reason,
        case when is_decision_known then decided_by end as decided_by,
        case when is_decision_known then decided_at end as decided_at,
        recorded_at
    from source
    where valid_from_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
