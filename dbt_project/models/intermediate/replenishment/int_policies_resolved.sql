{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select garage_code, part_id from {{ ref('int_positions_rolled_up') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

versions as (
    select * from {{ ref('stg_catalogue__stocking_policies') }}
),

newest as (
    select distinct on (rule_id) *
    from versions
    order by rule_id, valid_from_at desc
),

rules as (
    select
        *,
        catalogue.policy_shape(
            garage_code, part_id, category_code, brand_code, criticality_code, stocking_class_code
        ) as shape_number
    from newest
    where not is_retired
),

shapes as (
    select distinct shape_number from rules
),

-- The id of a rule is a hash of what it selects, so each shape of rules is one probe for a garage and part.
probes as (
    select
        positions.garage_code,
        positions.part_id,
        catalogue.policy_rule_id(
            case when shapes.shape_number & 32 > 0 then positions.garage_code end,
            case when shapes.shape_number & 16 > 0 then positions.part_id end,
            case when shapes.shape_number & 8 > 0 then parts.category_code end,
            case when shapes.shape_number & 4 > 0 then parts.brand_code end,
            case when shapes.shape_number & 2 > 0 then parts.criticality_code end,
            case when shapes.shape_number & 1 > 0 then parts.stocking_class_code end
        ) as rule_id
    from positions
    -- One row per part; every shape of rules is tried.
    inner join parts using (part_id)
    cross join shapes
),

fitting as (
    select
        probes.garage_code,
        probes.part_id,
        catalogue.policy_precedence(rules.shape_number) as precedence_number,
        rules.policy_code,
        rules.service_level_pct,
        rules.minimum_quantity,
        rules.maximum_quantity,
        rules.cover_days,
        rules.maximum_cover_days,
        rules.max_rule_code,
        rules.is_do_not_stock
    from probes
    -- One row per rule.
    inner join rules using (rule_id)
),

final as (
    select
        garage_code,
        part_id,
        {% for name in [
            'policy_code', 'service_level_pct', 'minimum_quantity', 'maximum_quantity', 'cover_days',
            'maximum_cover_days', 'max_rule_code', 'is_do_not_stock'
        ] -%}
            {{ first_said(name, 'precedence_number') }} as {{ name }}{{ '' if loop.last else ',' }}
        {% endfor %}
    from fitting
    group by garage_code, part_id
)

select * from final
