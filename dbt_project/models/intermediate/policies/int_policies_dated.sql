{{ config(indexes=[{'columns': ['profile_id', 'known_from_at', 'valid_from_at'], 'unique': true}]) }}

with

parts as (
    select distinct
        profile_id, valid_from_at, revision_number, recorded_at, criticality_code, stocking_class_code, rule_ids,
        step_counts, conversion_quantities, since_ats, known_from_ats
    from {{ ref('int_policies_fitting') }}
),

rules as (
    select
        *,
        catalogue.policy_shape(
            garage_code, part_id, category_code, brand_code, criticality_code, stocking_class_code
        ) as shape_number
    from {{ ref('stg_catalogue__policy_revisions') }}
),

class_defaults as (
    select * from {{ ref('stocking_policies') }}
),

-- When something of a profile began to hold, and when that was recorded.
news as (
    select profile_id, valid_from_at, recorded_at from parts
    union
    select fitting.profile_id, rules.valid_from_at, rules.recorded_at
    from (select distinct profile_id, unnest(rule_ids) as rule_id from parts) as fitting
    -- Every revision of a rule that fits.
    inner join rules using (rule_id)
    union
    -- A rule of a replaced part holds for the part since that is ordered in its place.
    select parts.profile_id, fitting.since_at, fitting.known_from_at
    from parts
    cross join lateral unnest(parts.step_counts, parts.since_ats, parts.known_from_ats)
        as fitting (step_count, since_at, known_from_at)
    where fitting.step_count > 0
),

-- At each moment of recording, every moment from which on another policy may hold by what was known.
moments as (
    select distinct known.profile_id, known.recorded_at as known_from_at, news.valid_from_at
    from news as known
    inner join news on news.profile_id = known.profile_id and news.recorded_at <= known.recorded_at
),

parts_then as (
    select distinct on (moments.profile_id, moments.known_from_at, moments.valid_from_at)
        moments.profile_id,
        moments.known_from_at,
        moments.valid_from_at,
        parts.criticality_code,
        parts.stocking_class_code,
        parts.rule_ids,
        parts.step_counts,
        parts.conversion_quantities,
        parts.since_ats,
        parts.known_from_ats
    from moments
    inner join parts
        on parts.profile_id = moments.profile_id
            and parts.recorded_at <= moments.known_from_at
            and parts.valid_from_at <= moments.valid_from_at
    order by
        moments.profile_id, moments.known_from_at, moments.valid_from_at,
        parts.valid_from_at desc, parts.revision_number desc
),

rules_then as (
    select distinct on (parts_then.profile_id, parts_then.known_from_at, parts_then.valid_from_at, rules.rule_id)
        parts_then.profile_id,
        parts_then.known_from_at,
        parts_then.valid_from_at,
        rules.rule_id,
        rules.part_id,
        rules.shape_number,
        rules.is_retired,
        rules.valid_from_at as stated_from_at,
        fitting.step_count,
        fitting.conversion_quantity
        {%- for name, _ in policy_values() %},
        rules.{{ name }}
        {%- endfor %}
    from parts_then
    cross join lateral unnest(
        parts_then.rule_ids, parts_then.step_counts, parts_then.conversion_quantities, parts_then.since_ats,
        parts_then.known_from_ats
    ) as fitting (rule_id, step_count, conversion_quantity, since_at, known_from_at)
    inner join rules
        on rules.rule_id = fitting.rule_id
            and rules.recorded_at <= parts_then.known_from_at
            and rules.valid_from_at <= parts_then.valid_from_at
    where fitting.known_from_at <= parts_then.known_from_at and fitting.since_at <= parts_then.valid_from_at
    order by
        parts_then.profile_id, parts_then.known_from_at, parts_then.valid_from_at, rules.rule_id,
        rules.valid_from_at desc, rules.revision_number desc
),

-- Of rules that select the same but for the part, the one of the nearest part speaks, see int_policies_resolved.
speaking as (
    select distinct on (profile_id, known_from_at, valid_from_at, shape_number) *
    from rules_then
    order by
        profile_id, known_from_at, valid_from_at, shape_number, step_count, is_retired, stated_from_at desc, part_id
),

saying as (
    select
        profile_id,
        known_from_at,
        valid_from_at,
        catalogue.policy_precedence(shape_number) as precedence_number,
        case when shape_number & 32 > 0 then 'GARAGE' else 'SEGMENT' end as set_by_code,
        rule_id
        {%- for name, _ in policy_values() %},
        {{ rule_quantity(name) if name in ('minimum_quantity', 'maximum_quantity') else name }} as {{ name }}
        {%- endfor %}
    from speaking
    where not is_retired
    union all
    select
        parts_then.profile_id,
        parts_then.known_from_at,
        parts_then.valid_from_at,
        0,
        'CLASS_DEFAULT',
        null,
        class_defaults.policy_code,
        class_defaults.service_level_pct,
        null,
        null,
        class_defaults.cover_days,
        class_defaults.maximum_cover_days,
        null,
        class_defaults.max_rule_code,
        null
    from parts_then
    -- One row per class and criticality.
    inner join class_defaults using (stocking_class_code, criticality_code)
),

resolved as (
    select
        profile_id,
        known_from_at,
        valid_from_at
        {%- for name, word in policy_values() %},
        {{ first_said(name, 'precedence_number') }} as {{ name }},
        (array_agg(set_by_code order by precedence_number desc) filter (where {{ name }} is not null))[1]
            as {{ word }}_set_by_code,
        (array_agg(rule_id order by precedence_number desc) filter (where {{ name }} is not null))[1]
            as {{ word }}_rule_id
        {%- endfor %}
    from saying
    group by profile_id, known_from_at, valid_from_at
),

hashed as (
    select
        *,
        md5(row({% for name, word in policy_values() -%}
            {{ name }}, {{ word }}_set_by_code, {{ word }}_rule_id{{ '' if loop.last else ', ' }}
        {%- endfor %})::text) as said_hash
    from resolved
),

-- What says the same as what held before it, by what was known at the time, begins nothing.
begun as (
    select *
    from (
        select
            *,
            lag(said_hash) over (partition by profile_id, known_from_at order by valid_from_at) as hash_before
        from hashed
    ) as compared
    where said_hash is distinct from hash_before
),

-- And what was recorded without another line of time coming of it told nothing.
learned as (
    select profile_id, known_from_at, lead(known_from_at) over profiles as known_to_at
    from (
        select *, lag(line_hash) over (partition by profile_id order by known_from_at) as hash_before
        from (
            select
                profile_id,
                known_from_at,
                md5(string_agg(valid_from_at || said_hash, '|' order by valid_from_at)) as line_hash
            from begun
            group by profile_id, known_from_at
        ) as lines
    ) as compared
    where line_hash is distinct from hash_before
    window profiles as (partition by profile_id order by known_from_at)
),

final as (
    select
        begun.profile_id,
        begun.valid_from_at,
        lead(begun.valid_from_at) over (
            partition by begun.profile_id, begun.known_from_at order by begun.valid_from_at
        ) as valid_to_at,
        begun.known_from_at,
        learned.known_to_at
        {%- for name, word in policy_values() %},
        begun.{{ name }},
        begun.{{ word }}_set_by_code,
        begun.{{ word }}_rule_id
        {%- endfor %}
    from begun
    -- One row per moment that told something.
    inner join learned using (profile_id, known_from_at)
)

select * from final
