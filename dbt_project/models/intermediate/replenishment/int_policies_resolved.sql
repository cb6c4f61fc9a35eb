{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}
{%- set names = [
    'policy_code', 'service_level_pct', 'minimum_quantity', 'maximum_quantity', 'cover_days', 'maximum_cover_days',
    'review_days', 'max_rule_code', 'is_do_not_stock'
] %}

with

positions as (
    select garage_code, part_id from {{ ref('int_positions_rolled_up') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

replaced as (
    select * from {{ ref('int_parts_replaced') }}
),

versions as (
    select * from {{ ref('stg_catalogue__stocking_policies') }}
),

newest as (
    select distinct on (rule_id)
        *,
        catalogue.policy_shape(
            garage_code, part_id, category_code, brand_code, criticality_code, stocking_class_code
        ) as shape_number
    from versions
    order by rule_id, valid_from_at desc
),

shapes as (
    select distinct shape_number from newest where not is_retired
),

-- Rules that name a part hold for what is ordered in its place.
named as (
    select part_id, part_id as named_part_id, null as replaced_words, 1::numeric as conversion_quantity, 0 as step_count
    from parts
    union all
    select part_id, replaced_part_id, replaced_words, conversion_quantity, step_count from replaced
),

-- The id of a rule is a hash of what it selects, so each shape of rules is one probe for a garage and part.
probes as (
    select
        positions.garage_code,
        positions.part_id,
        named.replaced_words,
        named.conversion_quantity,
        named.step_count,
        catalogue.policy_rule_id(
            case when shapes.shape_number & 32 > 0 then positions.garage_code end,
            case when shapes.shape_number & 16 > 0 then named.named_part_id end,
            case when shapes.shape_number & 8 > 0 then parts.category_code end,
            case when shapes.shape_number & 4 > 0 then parts.brand_code end,
            case when shapes.shape_number & 2 > 0 then parts.criticality_code end,
            case when shapes.shape_number & 1 > 0 then parts.stocking_class_code end
        ) as rule_id
    from positions
    -- One row per part on the right side of the first; every shape of rules is tried.
    inner join parts using (part_id)
    inner join named using (part_id)
    inner join shapes on named.step_count = 0 or shapes.shape_number & 16 > 0
),

-- Of rules that select the same but for the part, the one of the nearest part speaks, of as near ones the one stated
-- last. One that is retired says nothing, and leaves nothing to those behind it.
speaking as (
    select distinct on (probes.garage_code, probes.part_id, newest.shape_number)
        probes.garage_code,
        probes.part_id,
        probes.replaced_words,
        newest.shape_number,
        newest.is_retired,
        newest.policy_code,
        newest.service_level_pct,
        {{ rule_quantity('newest.minimum_quantity') }} as minimum_quantity,
        {{ rule_quantity('newest.maximum_quantity') }} as maximum_quantity,
        newest.cover_days,
        newest.maximum_cover_days,
        newest.review_days,
        newest.max_rule_code,
        newest.is_do_not_stock
    from probes
    -- One row per rule.
    inner join newest using (rule_id)
    order by
        probes.garage_code, probes.part_id, newest.shape_number, probes.step_count, newest.is_retired,
        newest.valid_from_at desc, newest.part_id
),

ranked as (
    select *, catalogue.policy_precedence(shape_number) as precedence_number
    from speaking
    where not is_retired
),

resolved as (
    select
        garage_code,
        part_id,
        {% for name in names -%}
            {{ first_said(name, 'precedence_number') }} as {{ name }},
            (array_agg(replaced_words order by precedence_number desc) filter (where {{ name }} is not null))[1]
                as {{ name }}_words{{ '' if loop.last else ',' }}
        {% endfor %}
    from ranked
    group by garage_code, part_id
),

final as (
    select
        garage_code,
        part_id,
        {{ names | join(', ') }},
        (
            select string_agg(distinct said.words, ', ')
            from (values {% for name in names %}({{ name }}_words){{ '' if loop.last else ', ' }}{% endfor %}) as said (words)
        ) as rule_part_words
    from resolved
)

select * from final
