{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'valid_from_at', 'revision_number'], 'unique': true}]) }}

with

positions as (
    select garage_code, part_id from {{ ref('int_positions_rolled_up') }}
),

-- What each part is ordered in place of, for rules that name a part.
replaced as (
    select * from {{ ref('int_parts_replaced') }}
),

named as (
    select
        part_id,
        part_id as named_part_id,
        0 as step_count,
        1::numeric as conversion_quantity,
        '-infinity'::timestamptz as since_at,
        '-infinity'::timestamptz as known_from_at
    from (select distinct part_id from positions) as parts
    union all
    select part_id, replaced_part_id, step_count, conversion_quantity, since_at, known_from_at from replaced
),

rules as (
    select distinct
        rule_id,
        catalogue.policy_shape(
            garage_code, part_id, category_code, brand_code, criticality_code, stocking_class_code
        ) as shape_number
    from {{ ref('stg_catalogue__policy_revisions') }}
),

revisions as (
    select
        *,
        concat_ws('|', category_code, brand_code, criticality_code, stocking_class_code) as selected_by
    from {{ ref('stg_catalogue__part_revisions') }}
),

compared as (
    select
        *,
        min(selected_by) over parts <> max(selected_by) over parts as is_changing,
        min(valid_from_at) over (
            partition by part_id order by recorded_at, valid_from_at, revision_number
            rows between unbounded preceding and 1 preceding
        ) as earliest_from_at
    from revisions
    window parts as (partition by part_id)
),

-- Prices and words change often. Where nothing does that a rule selects by, it only matters from when on the part was
-- there, and since when that was known.
told as (
    select *
    from compared
    where is_changing or earliest_from_at is null or valid_from_at < earliest_from_at
),

probed as (
    select
        positions.garage_code,
        parts.part_id,
        parts.selected_by,
        named.step_count,
        named.conversion_quantity,
        named.since_at,
        named.known_from_at,
        catalogue.policy_rule_id(
            case when shapes.shape_number & 32 > 0 then positions.garage_code end,
            case when shapes.shape_number & 16 > 0 then named.named_part_id end,
            case when shapes.shape_number & 8 > 0 then parts.category_code end,
            case when shapes.shape_number & 4 > 0 then parts.brand_code end,
            case when shapes.shape_number & 2 > 0 then parts.criticality_code end,
            case when shapes.shape_number & 1 > 0 then parts.stocking_class_code end
        ) as rule_id
    from positions
    -- The id of a rule is a hash of what it selects, so each shape of rules is one probe for a garage and part.
    inner join (
        select distinct part_id, selected_by, category_code, brand_code, criticality_code, stocking_class_code from told
    ) as parts using (part_id)
    inner join named using (part_id)
    inner join (select distinct shape_number from rules) as shapes
        on named.step_count = 0 or shapes.shape_number & 16 > 0
),

fitting as (
    select
        probed.garage_code,
        probed.part_id,
        probed.selected_by,
        array_agg(probed.rule_id order by probed.rule_id) as rule_ids,
        array_agg(probed.step_count order by probed.rule_id) as step_counts,
        array_agg(probed.conversion_quantity order by probed.rule_id) as conversion_quantities,
        array_agg(probed.since_at order by probed.rule_id) as since_ats,
        array_agg(probed.known_from_at order by probed.rule_id) as known_from_ats
    from probed
    -- One row per rule.
    inner join rules using (rule_id)
    group by probed.garage_code, probed.part_id, probed.selected_by
),

gathered as (
    select
        positions.garage_code,
        told.part_id,
        told.valid_from_at,
        told.revision_number,
        told.recorded_at,
        told.criticality_code,
        told.stocking_class_code,
        coalesce(fitting.rule_ids, '{}') as rule_ids,
        coalesce(fitting.step_counts, '{}') as step_counts,
        coalesce(fitting.conversion_quantities, '{}') as conversion_quantities,
        coalesce(fitting.since_ats, '{}') as since_ats,
        coalesce(fitting.known_from_ats, '{}') as known_from_ats
    from positions
    -- One row per garage, part and what rules select by on the right side of the second.
    inner join told using (part_id)
    left join fitting using (garage_code, part_id, selected_by)
),

final as (
    select
        *,
        -- Garage-parts that are told the same by the same rules have one history.
        md5(string_agg(
            row(
                valid_from_at, revision_number, recorded_at, criticality_code, stocking_class_code, rule_ids,
                step_counts, conversion_quantities, since_ats, known_from_ats
            )::text, '|'
        ) over (
            partition by garage_code, part_id order by valid_from_at, revision_number
            rows between unbounded preceding and unbounded following
        ))::uuid as profile_id
    from gathered
)

select * from final
