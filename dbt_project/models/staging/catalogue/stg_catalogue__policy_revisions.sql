with

source as (
    select * from {{ source('catalogue', 'stocking_policies') }}
),

final as (
    select
        rule_id,
        valid_from_at,
        revision_number,
        trim(policy_name) as policy_name,
        garage_code,
        part_id,
        category_code,
        brand_code,
        criticality_code,
        stocking_class_code,
        policy_code,
        service_level_pct,
        minimum_quantity,
        maximum_quantity,
        cover_days,
        maximum_cover_days,
        review_days,
        max_rule_code,
        is_do_not_stock,
        is_retired,
        source_code,
        batch_id,
        line_number,
        actor,
        recorded_at
    from source
    where valid_from_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
