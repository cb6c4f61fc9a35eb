{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select garage_code, part_id from {{ ref('int_positions_rolled_up') }}
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

class_defaults as (
    select * from {{ ref('stocking_policies') }}
),

rules as (
    select * from {{ ref('int_policies_resolved') }}
),

classes as (
    select * from {{ ref('int_value_classes') }}
),

matrix as (
    select abc_code, xyz_code, criticality_code, service_level_pct as matrix_level_pct
    from {{ ref('service_matrix') }}
),

service_levels as (
    select * from {{ ref('service_levels') }}
),

-- Each value of its own: of the rule that is most particular, else of the class. The service level of a part with
-- enough history is that of its value, variability and criticality, unless a rule says otherwise.
policies as (
    select
        positions.garage_code,
        positions.part_id,
        case
            when garages.is_retired or rules.is_do_not_stock then 'NO_STOCK'
            else coalesce(rules.policy_code, class_defaults.policy_code)
        end as policy_code,
        coalesce(classes.abc_code, 'C') as abc_code,
        coalesce(classes.network_abc_code, 'C') as network_abc_code,
        coalesce(classes.xyz_code, 'Z') as xyz_code,
        coalesce(rules.service_level_pct, matrix.matrix_level_pct, class_defaults.service_level_pct)
            as service_level_pct,
        case
            when rules.service_level_pct is not null then 'RULE'
            when matrix.matrix_level_pct is not null then 'MATRIX'
            else 'CLASS'
        end as service_level_source_code,
        rules.minimum_quantity,
        rules.maximum_quantity,
        rules.rule_part_words,
        rules.review_days as least_review_days,
        coalesce(rules.cover_days, class_defaults.cover_days) as cover_days,
        coalesce(rules.maximum_cover_days, class_defaults.maximum_cover_days) as maximum_cover_days,
        coalesce(rules.max_rule_code, class_defaults.max_rule_code) as max_rule_code,
        class_defaults.order_cost_amount,
        class_defaults.holding_rate_pct
    from positions
    -- One row per part, garage, class and criticality on the right sides; rules where some rule fits.
    inner join parts using (part_id)
    inner join garages using (garage_code)
    inner join class_defaults using (stocking_class_code, criticality_code)
    left join rules using (garage_code, part_id)
    left join rates using (garage_code, part_id)
    left join classes using (garage_code, part_id)
    left join matrix
        on matrix.abc_code = classes.abc_code
            and matrix.xyz_code = classes.xyz_code
            and matrix.criticality_code = parts.criticality_code
            and rates.demand_class_code not in ('NONE', 'NEW')
),

gathered as (
    select
        positions.garage_code,
        positions.part_id,
        garages.currency_code as garage_currency_code,
        coalesce(rates.demand_class_code, 'NONE') as demand_class_code,
        coalesce(rates.method_code, 'NONE') as method_code,
        coalesce(rates.base_mean_quantity, 0) as base_mean_quantity,
        coalesce(rates.base_sd_quantity, 0) as base_sd_quantity,
        coalesce(rates.history_days, 0) as history_days,
        coalesce(rates.no_data_days, 0) as no_data_days,
        coalesce(rates.is_forecast_missing, false) as is_forecast_missing,
        policies.policy_code,
        policies.abc_code,
        policies.network_abc_code,
        policies.xyz_code,
        policies.service_level_pct,
        policies.service_level_source_code,
        service_levels.z_value,
        policies.cover_days,
        policies.maximum_cover_days,
        policies.max_rule_code,
        case when policies.policy_code <> 'NO_STOCK' then policies.minimum_quantity end as minimum_quantity,
        policies.maximum_quantity,
        policies.rule_part_words,
        policies.least_review_days,
        policies.order_cost_amount,
        policies.holding_rate_pct,
        parts.unit_cost_amount
    from positions
    -- One row per part, garage, policy and service level on the right sides.
    inner join parts using (part_id)
    inner join garages using (garage_code)
    inner join policies using (garage_code, part_id)
    inner join service_levels using (service_level_pct)
    left join rates using (garage_code, part_id)
),

final as (
    select
        garage_code,
        part_id,
        garage_currency_code,
        demand_class_code,
        method_code,
        base_mean_quantity,
        base_sd_quantity,
        history_days,
        no_data_days,
        is_forecast_missing,
        policy_code,
        abc_code,
        network_abc_code,
        xyz_code,
        service_level_pct,
        service_level_source_code,
        z_value,
        cover_days,
        maximum_cover_days,
        max_rule_code,
        minimum_quantity,
        maximum_quantity,
        rule_part_words,
        least_review_days,
        -- Seasons even out over the year that this weighs orders and stock of.
        coalesce(round(sqrt(
            2 * order_cost_amount * base_mean_quantity * {{ var('days_per_year') }}
                / nullif(holding_rate_pct / 100 * unit_cost_amount, 0)
        ), 3), 0) as economic_quantity
    from gathered
)

select * from final
