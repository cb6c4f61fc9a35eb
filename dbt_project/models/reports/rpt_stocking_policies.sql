{{ config(indexes=[{'columns': ['place_number'], 'unique': true}]) }}

{{ config(indexes=[{'columns': ['place_number'], 'unique': true}]) }}

with

points as (
    select garage_code, part_id, policy_code from {{ ref('fct_reorder_points') }}
),

parts as (
    select part_id, stocking_class_code, criticality_code, holding_rate_pct from {{ ref('dim_parts') }}
),

policies as (
    select * from {{ ref('dim_stocking_policies') }} where is_current
),

resolved as (
    select
        parts.stocking_class_code,
        parts.criticality_code,
        points.policy_code,
        policies.cover_days,
        policies.maximum_cover_days,
        policies.max_rule_code,
        policies.review_days,
        parts.holding_rate_pct,
        -- What is nearest to the part of all that says one of these values.
        case
            when 'GARAGE' = any(said.set_by_codes) then 'GARAGE'
            when 'SEGMENT' = any(said.set_by_codes) then 'SEGMENT'
            else 'CLASS_DEFAULT'
        end as set_by_code
    from points
    -- One row per part, and per garage and part, on the right sides.
    inner join parts using (part_id)
    inner join policies using (garage_code, part_id)
    cross join lateral (values (array[
        policies.policy_set_by_code, policies.cover_set_by_code, policies.maximum_cover_set_by_code,
        policies.max_rule_set_by_code, policies.review_set_by_code, policies.do_not_stock_set_by_code
    ])) as said (set_by_codes)
),

counted as (
    select
        stocking_class_code, criticality_code, policy_code, cover_days, maximum_cover_days, max_rule_code, review_days,
        holding_rate_pct, set_by_code, count(*)::integer as part_count
    from resolved
    group by
        stocking_class_code, criticality_code, policy_code, cover_days, maximum_cover_days, max_rule_code, review_days,
        holding_rate_pct, set_by_code
),

final as (
    select
        stocking_class_code,
        criticality_code,
        policy_code,
        cover_days,
        maximum_cover_days,
        max_rule_code,
        review_days,
        holding_rate_pct,
        set_by_code,
        part_count,
        row_number() over (
            order by
                stocking_class_code, array_position(array['SAFETY', 'IMMOBILISING', 'COMFORT'], criticality_code),
                part_count desc, set_by_code, policy_code, cover_days, maximum_cover_days, max_rule_code, review_days,
                holding_rate_pct
        )::integer as place_number
    from counted
)

select * from final
