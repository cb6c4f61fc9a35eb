{{ config(indexes=[{'columns': ['predecessor_part_id']}]) }}

with

supersessions as (
    select * from {{ ref('int_supersessions') }}
),

final as (
    select
        predecessor_part_id,
        orderable_part_id,
        -- Whatever was written, the column holds it; no stock has that many units.
        least(round(conversion_quantity, 9), 1e18)::numeric(28, 9) as conversion_quantity,
        step_count,
        path,
        disposition_codes,
        is_kit,
        is_orderable,
        is_used_up
    from supersessions
)

select * from final
