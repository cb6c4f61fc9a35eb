with

indices as (
    select * from {{ ref('int_seasonal_indices') }}
),

coming as (
    select * from {{ ref('int_months_coming') }}
),

final as (
    select
        indices.category_code,
        round(sum(indices.index_value * coming.share_value), 6) as season_factor
    from indices
    inner join coming using (month_number)
    group by indices.category_code
)

select * from final
