{{ config(indexes=[{'columns': ['rule_code'], 'unique': true}]) }}
{%- set values = policy_values() | map(attribute=0) | list %}

with

rules as (
    select * from {{ ref('dim_stocking_rules') }} where is_current and not is_retired
),

policies as (
    select * from {{ ref('dim_stocking_policies') }} where is_current
),

garages as (
    select garage_code, garage_name from {{ ref('dim_garages') }}
),

-- Garage-parts of which a rule says something that no nearer rule does.
following as (
    select distinct policies.garage_code, policies.part_id, said.rule_id
    from policies
    cross join lateral (values
        {%- for _, word in policy_values() %}
        (policies.{{ word }}_rule_id){{ '' if loop.last else ',' }}
        {%- endfor %}
    ) as said (rule_id)
    where said.rule_id is not null
),

followed as (
    select rule_id, count(*) as part_count from following group by rule_id
),

-- A rule of a single part is one of many: those of a garage, or of all garages, are told together.
told as (
    select
        case
            when rules.part_id is null then rules.rule_id::text
            else 'PARTS-' || coalesce(rules.garage_code, '')
        end as rule_code,
        rules.*,
        coalesce(followed.part_count, 0) as part_count
    from rules
    -- One row per rule on the right side.
    left join followed using (rule_id)
),

summed as (
    select
        rule_code,
        min(level_code) as level_code,
        min(garage_code) as garage_code,
        bool_or(part_id is not null) as is_of_single_parts,
        count(*)::integer as rule_count,
        sum(part_count)::integer as part_count,
        max(known_from_at) as known_from_at,
        {%- for name in ['policy_name', 'category_code', 'brand_code', 'criticality_code', 'stocking_class_code', 'actor'] + values %}
        {% if name == 'is_do_not_stock' -%}
            bool_or({{ name }}) filter (where part_id is null) as {{ name }}{{ '' if loop.last else ',' }}
        {%- else -%}
            min({{ name }}) filter (where part_id is null) as {{ name }}{{ '' if loop.last else ',' }}
        {%- endif %}
        {%- endfor %}
    from told
    group by rule_code
),

final as (
    select
        summed.rule_code,
        summed.level_code,
        summed.garage_code,
        garages.garage_name,
        summed.is_of_single_parts,
        summed.rule_count,
        summed.part_count,
        summed.policy_name,
        summed.category_code,
        summed.brand_code,
        summed.criticality_code,
        summed.stocking_class_code,
        {%- for name in values %}
        summed.{{ name }},
        {%- endfor %}
        summed.known_from_at,
        summed.actor
    from summed
    -- One row per garage on the right side.
    left join garages using (garage_code)
)

select * from final
