{{ config(indexes=[
    {'columns': ['garage_code', 'part_id', 'known_from_at', 'valid_from_at'], 'unique': true}
]) }}

with

cells as (
    select distinct garage_code, part_id, profile_id from {{ ref('int_policies_fitting') }}
),

policies as (
    select * from {{ ref('int_policies_dated') }}
),

final as (
    select
        cells.garage_code,
        cells.part_id,
        policies.valid_from_at,
        policies.valid_to_at,
        policies.known_from_at,
        policies.known_to_at,
        policies.valid_to_at is null and policies.known_to_at is null as is_current
        {%- for name, word in policy_values() %},
        {% if name == 'is_do_not_stock' -%}
            coalesce(policies.is_do_not_stock, false) as is_do_not_stock,
        {%- else -%}
            policies.{{ name }},
        {%- endif %}
        policies.{{ word }}_set_by_code,
        policies.{{ word }}_rule_id
        {%- endfor %}
    from cells
    -- One row per profile and period.
    inner join policies using (profile_id)
)

select * from final
