{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

inputs as (
    select * from {{ ref('int_replenishment_inputs') }}
),

suppliers as (
    select * from {{ ref('int_suppliers_chosen') }}
),

quantiles as (
    select * from {{ ref('int_demand_quantiles') }}
),

factors as (
    select * from {{ ref('int_demand_factors') }}
),

-- Demand of the days from an order to the delivery of the next one, by what is expected of those very days.
expected as (
    select
        inputs.*,
        coalesce(factors.season_factor, 1) as season_factor,
        coalesce(factors.uplift_factor, 1) as uplift_factor,
        {{ expected_quantity('inputs.base_mean_quantity', 'factors') }} as daily_mean_quantity,
        {{ expected_quantity('inputs.base_sd_quantity', 'factors') }} as daily_sd_quantity,
        -- A lot is used up after those days: the season goes on, and an uplift is of its own days alone.
        {{ lot_quantity('inputs.base_mean_quantity * coalesce(factors.season_factor, 1)') }} as lot_quantity,
        suppliers.supplier_code,
        suppliers.supplier_name,
        suppliers.lead_time_days,
        suppliers.lead_time_sd_days,
        suppliers.review_days
    from inputs
    -- One row per garage and part, and at most one of the interval of its supplier, on the right sides.
    inner join suppliers using (garage_code, part_id)
    left join factors using (garage_code, part_id, protection_days)
),

gathered as (
    select
        expected.*,
        coalesce(
            quantiles.mean_quantity,
            expected.daily_mean_quantity * (expected.lead_time_days + expected.review_days)
        ) as lead_time_demand_quantity,
        coalesce(quantiles.quantile_quantity, 0) as quantile_quantity,
        case when expected.demand_class_code in ('SMOOTH', 'ERRATIC') then 'NORMAL' else quantiles.distribution_code end
            as distribution_code,
        quantiles.variance_value,
        quantiles.monthly_mean_quantity,
        quantiles.monthly_variance_quantity,
        quantiles.mean_variance_quantity
    from expected
    -- At most one row per garage and part on the right side.
    left join quantiles using (garage_code, part_id)
),

buffered as (
    select
        *,
        case
            when demand_class_code in ('SMOOTH', 'ERRATIC')
                then z_value * sqrt(
                    (lead_time_days + review_days) * daily_sd_quantity * daily_sd_quantity
                        + daily_mean_quantity * daily_mean_quantity * lead_time_sd_days * lead_time_sd_days
                )
            else greatest(quantile_quantity - lead_time_demand_quantity, 0)
        end as safety_stock_quantity
    from gathered
),

computed as (
    select
        *,
        case
            when demand_class_code in ('SMOOTH', 'ERRATIC')
                -- Rates are rounded: what comes to a whole number but for that is no unit more.
                then ceil(round(lead_time_demand_quantity + safety_stock_quantity, 6))
            else quantile_quantity
        end as computed_quantity
    from buffered
),

-- A minimum that the planners set is more safety stock than the figures ask for.
pointed as (
    select
        *,
        greatest(computed_quantity, minimum_quantity) as reorder_point_quantity,
        case
            when minimum_quantity > computed_quantity
                then greatest(minimum_quantity - lead_time_demand_quantity, safety_stock_quantity)
            else safety_stock_quantity
        end as kept_stock_quantity
    from computed
),

final as (
    select
        garage_code,
        part_id,
        demand_class_code,
        method_code,
        policy_code,
        base_mean_quantity,
        season_factor,
        uplift_factor,
        daily_mean_quantity,
        daily_sd_quantity,
        history_days,
        no_data_days,
        is_forecast_missing,
        supplier_code,
        supplier_name,
        lead_time_days,
        lead_time_sd_days,
        review_days,
        abc_code,
        network_abc_code,
        xyz_code,
        service_level_pct,
        service_level_source_code,
        z_value,
        lead_time_demand_quantity,
        distribution_code,
        monthly_mean_quantity,
        monthly_variance_quantity,
        mean_variance_quantity,
        {{ distribution_words() }} as distribution_words,
        round(kept_stock_quantity, 3) as safety_stock_quantity,
        reorder_point_quantity,
        case
            when policy_code = 'NO_STOCK' then 0
            else greatest(reorder_point_quantity, least(reorder_point_quantity + ceil(lot_quantity), maximum_quantity))
        end as order_up_to_quantity,
        cover_days,
        max_rule_code,
        rule_part_words,
        least(
            maximum_quantity,
            case
                -- So many days see seasons and campaigns end.
                when base_mean_quantity > 0
                    then reorder_point_quantity + greatest(ceil(base_mean_quantity * maximum_cover_days), 1)
            end
        ) as maximum_on_hand_quantity
    from pointed
)

select * from final
