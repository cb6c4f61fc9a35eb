{{ config(indexes=[
    {'columns': ['batch_id', 'line_number'], 'unique': true},
    {'columns': ['predecessor_part_id']}
]) }}

with

statements as (
    select * from {{ ref('stg_catalogue__supersession_statements') }}
),

final as (
    select
        batch_id,
        line_number,
        predecessor_part_id,
        successor_part_id,
        valid_from_at,
        effective_from_on,
        conversion_quantity::numeric(28, 9) as conversion_quantity,
        direction_code,
        disposition_code,
        kit_group_code,
        is_of_part,
        source_code,
        handed_in_by,
        recorded_at as stated_at,
        coalesce(decision_code, 'WAITING') as status_code,
        decided_by,
        decision_reason,
        decided_at,
        round(extract(epoch from decided_at - recorded_at) / 86400, 2)::numeric(12, 2) as decision_days,
        {{ as_of() }} as as_of_at
    from statements
)

select * from final
