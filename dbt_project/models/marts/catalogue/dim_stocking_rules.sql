{{ config(indexes=[{'columns': ['rule_id', 'valid_from_at', 'revision_number'], 'unique': true}]) }}

with

revisions as (
    select
        *,
        catalogue.policy_shape(
            garage_code, part_id, category_code, brand_code, criticality_code, stocking_class_code
        ) as shape_number
    from {{ ref('stg_catalogue__policy_revisions') }}
),

final as (
    select
        rule_id,
        valid_from_at,
        revision_number,
        policy_name,
        case when shape_number & 32 > 0 then 'GARAGE' else 'SEGMENT' end as level_code,
        catalogue.policy_precedence(shape_number) as precedence_number,
        garage_code,
        part_id,
        category_code,
        brand_code,
        criticality_code,
        stocking_class_code,
        {% for name, _ in policy_values() -%}
            {{ name }},
        {% endfor -%}
        is_retired,
        recorded_at as known_from_at,
        lead(recorded_at) over (partition by rule_id, valid_from_at order by revision_number) as known_to_at,
        row_number() over (partition by rule_id order by valid_from_at desc, revision_number desc) = 1 as is_current,
        source_code,
        batch_id,
        line_number,
        actor
    from revisions
)

select * from final
