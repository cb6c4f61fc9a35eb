with

forecasts as (
    select * from {{ ref('int_forecasts_in_force') }} where distribution_code = 'NEGATIVE_BINOMIAL'
),

-- How often a slow part is asked for, in orders and not in units, so that a large order is not taken for many.
final as (
    select
        'NEGATIVE_BINOMIAL' as distribution_code,
        coalesce(avg(monthly_mean_quantity / dispersion_value), 0) as order_count
    from forecasts
)

select * from final
