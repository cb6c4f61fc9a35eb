{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with recursive

inputs as (
    select * from {{ ref('int_replenishment_inputs') }}
),

suppliers as (
    select * from {{ ref('int_suppliers_chosen') }}
),

factors as (
    select * from {{ ref('int_demand_factors') }}
),

forecasts as (
    select * from {{ ref('int_forecasts_in_force') }} where distribution_code = 'NEGATIVE_BINOMIAL'
),

network as (
    select order_count from {{ ref('int_network_orders') }}
),

-- Each series is drawn to the mean slow series of the network, the more the fewer months its own mean is worth.
drawn as (
    select
        forecasts.garage_code,
        forecasts.part_id,
        forecasts.dispersion_value,
        (
            forecasts.monthly_mean_quantity * forecasts.effective_month_count
                + forecasts.dispersion_value * network.order_count * {{ var('prior_months') }}
        ) / (forecasts.effective_month_count + {{ var('prior_months') }}) as monthly_mean_quantity
    from forecasts
    cross join network
),

-- Slow demand of the days from an order to the delivery of the next one, by what is expected of those very days.
expected as (
    select
        inputs.garage_code,
        inputs.part_id,
        inputs.service_level_pct,
        inputs.z_value,
        {{ expected_quantity('inputs.base_mean_quantity', 'factors') }} as daily_mean_quantity,
        coalesce(factors.season_factor * factors.uplift_factor, 1) as factor_value,
        suppliers.lead_time_days + suppliers.review_days as reach_days,
        suppliers.lead_time_sd_days
    from inputs
    -- One row per garage and part, and at most one of the interval of its supplier, on the right sides.
    inner join suppliers using (garage_code, part_id)
    left join factors using (garage_code, part_id, protection_days)
    where inputs.demand_class_code not in ('SMOOTH', 'ERRATIC')
),

gathered as (
    select
        expected.garage_code,
        expected.part_id,
        expected.service_level_pct,
        expected.z_value,
        round(drawn.monthly_mean_quantity * expected.factor_value, 9) as monthly_mean_quantity,
        round(drawn.monthly_mean_quantity * expected.factor_value * drawn.dispersion_value, 9)
            as monthly_variance_quantity,
        round(
            drawn.monthly_mean_quantity * expected.factor_value * drawn.dispersion_value / {{ var('knowledge_months') }},
            9
        ) as mean_variance_quantity,
        expected.daily_mean_quantity * expected.reach_days as poisson_quantity,
        expected.reach_days / {{ var('days_per_month') }} as month_count,
        expected.lead_time_sd_days / {{ var('days_per_month') }} as lead_time_sd_months
    from expected
    -- At most one row per garage and part on the right side.
    left join drawn using (garage_code, part_id)
    where expected.daily_mean_quantity > 0 and expected.reach_days > 0
),

-- The variance of the months about their mean, of what is known of the mean, and of how long the lead time is.
described as (
    select
        *,
        case when monthly_mean_quantity is null then 'POISSON' else 'NEGATIVE_BINOMIAL' end as distribution_code,
        round(coalesce(monthly_mean_quantity * month_count, poisson_quantity), 9) as mean_quantity,
        round(coalesce(
            monthly_variance_quantity * month_count
                + mean_variance_quantity * month_count * month_count
                + power(monthly_mean_quantity * lead_time_sd_months, 2),
            poisson_quantity
        ), 9) as variance_value
    from gathered
),

-- P(k + 1) = P(k) x (size + k) x chance / (k + 1), where chance is that another unit follows and base size x chance.
shaped as (
    select
        garage_code,
        part_id,
        service_level_pct / 100.0::double precision as level_value,
        1 - mean_quantity::double precision / variance_value as chance_value,
        mean_quantity::double precision * mean_quantity / variance_value as base_value,
        case
            when variance_value > mean_quantity
                then power(
                    mean_quantity::double precision / variance_value,
                    mean_quantity::double precision * mean_quantity / (variance_value - mean_quantity)
                )
            else exp(-mean_quantity::double precision)
        end as probability_value
    from described
    where mean_quantity <= 200
),

-- One round a unit, with those whose probabilities of 0, 1, … units do not add up to the service level yet.
counted as (
    select *, 0 as quantity, probability_value as total_value
    from shaped
    union all
    select
        garage_code,
        part_id,
        level_value,
        chance_value,
        base_value,
        probability_value * (base_value + chance_value * quantity) / (quantity + 1),
        quantity + 1,
        total_value + probability_value * (base_value + chance_value * quantity) / (quantity + 1)
    from counted
    where total_value < level_value
),

smallest as (
    select garage_code, part_id, max(quantity) as quantile_quantity
    from counted
    group by garage_code, part_id
),

final as (
    select
        described.garage_code,
        described.part_id,
        described.distribution_code,
        described.mean_quantity,
        described.variance_value,
        described.monthly_mean_quantity,
        described.monthly_variance_quantity,
        described.mean_variance_quantity,
        -- Beyond two hundred units a gamma distribution says the same and is cheap (Wilson and Hilferty).
        coalesce(
            smallest.quantile_quantity,
            greatest(ceil(
                described.mean_quantity * power(greatest(
                    1 - described.variance_value / (9 * described.mean_quantity * described.mean_quantity)
                        + described.z_value * sqrt(described.variance_value) / (3 * described.mean_quantity),
                    0
                ), 3) - 0.5
            ), 0)
        )::numeric as quantile_quantity
    from described
    left join smallest using (garage_code, part_id)
)

select * from final
