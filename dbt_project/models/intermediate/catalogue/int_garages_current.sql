with

versions as (
    select * from {{ ref('stg_catalogue__garages') }}
),

final as (
    select distinct on (garage_code) *
    from versions
    order by garage_code, valid_from_at desc
)

select * from final
