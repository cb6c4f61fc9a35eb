with

source as (
    select * from {{ source('catalogue', 'stocking_policies') }}
),

-- A correction is a further revision of the same moment: the newest that was known counts.
known as (
    select distinct on (rule_id, valid_from_at) *
    from source
    where {{ was_known() }}
    order by rule_id, valid_from_at, revision_number desc
),

final as (
    select
        rule_id,
        valid_from_at,
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
        recorded_at
    from known
    where valid_from_at <= {{ as_of() }}
)

select * from final
