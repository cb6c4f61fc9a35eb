{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

inputs as (
    select * from {{ ref('int_replenishment_inputs') }}
),

suppliers as (
    select * from {{ ref('int_suppliers_chosen') }}
),

lambdas as (
    select
        inputs.garage_code,
        inputs.part_id,
        inputs.service_level_pct,
        inputs.z_value,
        inputs.daily_mean_quantity * (suppliers.lead_time_days + suppliers.review_days) as lambda_quantity
    from inputs
    -- One row per garage and part on both sides.
    inner join suppliers using (garage_code, part_id)
    where inputs.demand_class_code not in ('SMOOTH', 'ERRATIC')
        and inputs.daily_mean_quantity > 0
        and suppliers.lead_time_days + suppliers.review_days > 0
),

factorials as (
    select
        number,
        sum(ln(greatest(number, 1)::double precision)) over (order by number) as log_factorial_value
    from generate_series(0, 2000) as number
),

-- Further from the mean than eight standard deviations nothing happens, so the sum need not begin at 0.
candidates as (
    select
        lambdas.garage_code,
        lambdas.part_id,
        lambdas.service_level_pct,
        lambdas.lambda_quantity::double precision as lambda_value,
        number
    from lambdas
    cross join lateral generate_series(
        greatest(floor(lambdas.lambda_quantity - 8 * sqrt(lambdas.lambda_quantity)), 0)::integer,
        ceil(lambdas.lambda_quantity + 8 * sqrt(lambdas.lambda_quantity) + 10)::integer
    ) as number
    where lambdas.lambda_quantity <= 1000
),

-- P(demand <= k) as a running sum of the probabilities of 0, 1, … k units.
cumulated as (
    select
        candidates.garage_code,
        candidates.part_id,
        candidates.service_level_pct,
        candidates.number,
        sum(exp(
            candidates.number * ln(candidates.lambda_value) - candidates.lambda_value - factorials.log_factorial_value
        )) over (partition by candidates.garage_code, candidates.part_id order by candidates.number)
            as probability_value
    from candidates
    -- One row per number on the right side.
    inner join factorials using (number)
),

smallest as (
    select
        garage_code,
        part_id,
        min(number) as quantile_quantity
    from cumulated
    where probability_value >= service_level_pct / 100
    group by garage_code, part_id
),

final as (
    select
        lambdas.garage_code,
        lambdas.part_id,
        lambdas.lambda_quantity,
        -- Beyond a thousand units the normal distribution says the same and is cheap.
        coalesce(
            smallest.quantile_quantity,
            ceil(lambdas.lambda_quantity + lambdas.z_value * sqrt(lambdas.lambda_quantity))
        ) as quantile_quantity
    from lambdas
    left join smallest using (garage_code, part_id)
)

select * from final
