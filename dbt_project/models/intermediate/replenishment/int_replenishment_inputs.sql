{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select garage_code, part_id from {{ ref('int_stock_positions') }}
),

rates as (
    select * from {{ ref('int_demand_rates') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

garages as (
    select * from {{ ref('int_garages_current') }}
),

policies as (
    select * from {{ ref('stocking_policies') }}
),

service_levels as (
    select * from {{ ref('service_levels') }}
),

gathered as (
    select
        positions.garage_code,
        positions.part_id,
        garages.currency_code as garage_currency_code,
        coalesce(rates.demand_class_code, 'NONE') as demand_class_code,
        coalesce(rates.method_code, 'NONE') as method_code,
        coalesce(rates.daily_mean_quantity, 0) as daily_mean_quantity,
        coalesce(rates.daily_sd_quantity, 0) as daily_sd_quantity,
        coalesce(rates.history_days, 0) as history_days,
        coalesce(rates.no_data_days, 0) as no_data_days,
        coalesce(rates.is_forecast_missing, false) as is_forecast_missing,
        policies.policy_code,
        policies.service_level_pct,
        service_levels.z_value,
        policies.cover_days,
        policies.maximum_cover_days,
        policies.max_rule_code,
        policies.order_cost_amount,
        policies.holding_rate_pct,
        parts.unit_cost_amount
    from positions
    -- One row per part, garage, policy and service level on the right sides.
    inner join parts using (part_id)
    inner join garages using (garage_code)
    inner join policies using (stocking_class_code, criticality_code)
    inner join service_levels using (service_level_pct)
    left join rates using (garage_code, part_id)
),

lots as (
    select
        *,
        coalesce(round(sqrt(
            2 * order_cost_amount * daily_mean_quantity * {{ var('days_per_year') }}
                / nullif(holding_rate_pct / 100 * unit_cost_amount, 0)
        ), 3), 0) as economic_quantity
    from gathered
),

final as (
    select
        garage_code,
        part_id,
        garage_currency_code,
        demand_class_code,
        method_code,
        daily_mean_quantity,
        daily_sd_quantity,
        history_days,
        no_data_days,
        is_forecast_missing,
        policy_code,
        service_level_pct,
        z_value,
        cover_days,
        maximum_cover_days,
        max_rule_code,
        economic_quantity,
        case
            when policy_code = 'NO_STOCK' or daily_mean_quantity = 0 then 0
            when policy_code = 'BASE_STOCK' then 1
            else greatest(daily_mean_quantity * cover_days, economic_quantity)
        end as lot_quantity
    from lots
)

select * from final
