with

versions as (
    select * from {{ ref('stg_catalogue__suppliers') }}
),

final as (
    select distinct on (supplier_code) *
    from versions
    order by supplier_code, valid_from_at desc
)

select * from final
