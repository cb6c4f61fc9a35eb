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
        coming.protection_days,
        round(sum(indices.index_value * coming.share_value), 9) as season_factor
    from indices
    inner join coming using (month_number)
    group by indices.category_code, coming.protection_days
)

select * from final
