with

versions as (
    select * from {{ ref('stg_catalogue__parts') }}
),

final as (
    select distinct on (part_id) *
    from versions
    order by part_id, valid_from_at desc
)

select * from final
