-- A stocking rule that names a part holds for what is ordered in its place, until a rule names that.

create function catalogue.parts_replaced_by(
    part_ids uuid[], valid_at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (part_id uuid, replaced_part_id uuid, conversion_quantity numeric, step_count integer)
    language sql stable
    set search_path = pg_catalog
as $$
    -- Only what was ever said to lead to one of them is walked.
    with recursive replaced as (
        select asked.part_id from unnest(part_ids) as asked (part_id)
        union
        select said.part_id
        from replaced
        cross join lateral (
            select supersessions.predecessor_part_id as part_id
            from catalogue.supersessions
            where supersessions.successor_part_id = replaced.part_id
            union all
            select parts.part_id
            from catalogue.parts
            where parts.superseded_by_part_number is not null
                and catalogue.part_id(parts.brand_code, parts.superseded_by_part_number) = replaced.part_id
        ) as said
    )

    select ordered.orderable_part_id, ordered.part_id, sum(ordered.conversion_quantity),
        min(cardinality(ordered.path)) - 1
    from catalogue.orderable_parts(array(select replaced.part_id from replaced), valid_at, known_at) as ordered
    where ordered.is_orderable and cardinality(ordered.path) > 1 and ordered.orderable_part_id = any(part_ids)
    group by ordered.orderable_part_id, ordered.part_id
$$;
comment on function catalogue.parts_replaced_by is 'One row per part of these and part that it is ordered in place of (F16): conversion_quantity units of it stand for one of the replaced part, over all ways; step_count is the length of the shortest.';

create or replace function catalogue.stocking_policy_values(
    garage_codes text[], part_ids uuid[], valid_at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (
    garage_code text, part_id uuid, value_name text, value text, level_code text, source_words text, rule_id uuid,
    valid_from_at timestamptz, source_code text, actor text
)
    language sql stable
    set search_path = pg_catalog
as $$
    with cells as (
        select asked.garage_code, asked.part_id, version.category_code, version.brand_code, version.criticality_code,
            version.stocking_class_code
        from unnest(garage_codes, part_ids) as asked (garage_code, part_id)
        cross join lateral (
            select parts.*
            from catalogue.parts
            where parts.part_id = asked.part_id and parts.valid_from_at <= valid_at and parts.recorded_at <= known_at
            order by parts.valid_from_at desc, parts.revision_number desc
            limit 1
        ) as version
    ),

    -- What is retired says nothing itself, and that nothing else speaks for the part.
    rules as materialized (
        select newest.*, catalogue.policy_shape(
            newest.garage_code, newest.part_id, newest.category_code, newest.brand_code, newest.criticality_code,
            newest.stocking_class_code
        ) as shape
        from (
            select distinct on (policies.rule_id) policies.*
            from catalogue.stocking_policies as policies
            where policies.valid_from_at <= valid_at and policies.recorded_at <= known_at
            order by policies.rule_id, policies.valid_from_at desc, policies.revision_number desc
        ) as newest
    ),

    shapes as (
        select distinct rules.shape from rules where not rules.is_retired
    ),

    named as (
        select cells.*, cells.part_id as named_part_id, 1::numeric as conversion_quantity, 0 as step_count
        from cells
        union all
        select cells.*, replaced.replaced_part_id, replaced.conversion_quantity, replaced.step_count
        from cells
        inner join catalogue.parts_replaced_by(part_ids, valid_at, known_at) as replaced using (part_id)
    ),

    -- The id of a rule is a hash of what it selects, so each shape of rules is one probe for a cell; those that name a
    -- part are probed for what it replaces, too.
    probes as (
        select named.garage_code, named.part_id, named.named_part_id, named.conversion_quantity, named.step_count,
            catalogue.policy_rule_id(
                case when shape & 32 > 0 then named.garage_code end,
                case when shape & 16 > 0 then named.named_part_id end,
                case when shape & 8 > 0 then named.category_code end,
                case when shape & 4 > 0 then named.brand_code end,
                case when shape & 2 > 0 then named.criticality_code end,
                case when shape & 1 > 0 then named.stocking_class_code end
            ) as rule_id
        from named
        inner join shapes on named.step_count = 0 or shapes.shape & 16 > 0
    ),

    -- Of rules that select the same but for the part, the one of the nearest part speaks.
    speaking as (
        select distinct on (probes.garage_code, probes.part_id, rules.shape) probes.garage_code, probes.part_id,
            probes.named_part_id, probes.conversion_quantity, probes.step_count, rules.shape, rules.rule_id,
            rules.is_retired
        from probes
        inner join rules using (rule_id)
        order by probes.garage_code, probes.part_id, rules.shape, probes.step_count, rules.is_retired,
            rules.valid_from_at desc, probes.named_part_id
    ),

    found as (
        select speaking.garage_code, speaking.part_id, catalogue.policy_precedence(speaking.shape) as precedence,
            case when speaking.shape & 32 > 0 then 'GARAGE' else 'SEGMENT' end as level_code,
            rules.policy_name || ': '
            || concat_ws(', ', 'garage ' || rules.garage_code,
                case
                    when speaking.step_count > 0 then concat('taken over from ', (
                        select parts.brand_code || ' ' || parts.part_number
                        from catalogue.parts
                        where parts.part_id = speaking.named_part_id
                        order by parts.valid_from_at desc, parts.revision_number desc
                        limit 1
                    ))
                    when rules.part_id is not null then 'this part'
                end,
                'category ' || rules.category_code, 'brand ' || rules.brand_code,
                'criticality ' || rules.criticality_code, 'class ' || rules.stocking_class_code) as source_words,
            rules.rule_id, rules.valid_from_at, rules.source_code, rules.actor, rules.policy_code,
            rules.service_level_pct,
            case
                when speaking.conversion_quantity = 1 then rules.minimum_quantity
                else ceil(rules.minimum_quantity * speaking.conversion_quantity)
            end as minimum_quantity,
            case
                when speaking.conversion_quantity = 1 then rules.maximum_quantity
                else ceil(rules.maximum_quantity * speaking.conversion_quantity)
            end as maximum_quantity,
            rules.cover_days, rules.maximum_cover_days, rules.review_days, rules.max_rule_code, rules.is_do_not_stock
        from speaking
        inner join rules using (rule_id)
        where not speaking.is_retired
        union all
        select cells.garage_code, cells.part_id, 0, 'CLASS_DEFAULT',
            concat('class ', defaults.stocking_class_code, ', criticality ', defaults.criticality_code),
            null, null, null, null, defaults.policy_code, defaults.service_level_pct, null, null, defaults.cover_days,
            defaults.maximum_cover_days, null, defaults.max_rule_code, null
        from cells
        inner join catalogue.class_default_policies as defaults using (stocking_class_code, criticality_code)
    )

    select distinct on (found.garage_code, found.part_id, said.value_name) found.garage_code, found.part_id,
        said.value_name, said.value, found.level_code, found.source_words, found.rule_id, found.valid_from_at,
        found.source_code, found.actor
    from found
    cross join lateral (
        values
        ('policy_code', found.policy_code),
        ('service_level_pct', trim_scale(found.service_level_pct)::text),
        ('minimum_quantity', trim_scale(found.minimum_quantity)::text),
        ('maximum_quantity', trim_scale(found.maximum_quantity)::text),
        ('cover_days', found.cover_days::text),
        ('maximum_cover_days', found.maximum_cover_days::text),
        ('review_days', found.review_days::text),
        ('max_rule_code', found.max_rule_code),
        ('is_do_not_stock', found.is_do_not_stock::text)
    ) as said (value_name, value)
    where said.value is not null
    order by found.garage_code, found.part_id, said.value_name, found.precedence desc
$$;
comment on function catalogue.stocking_policy_values is 'One row per garage, part and value of its stocking policy that something sets, with where the value comes from: CLASS_DEFAULT, a SEGMENT rule or a GARAGE rule. Each value resolves on its own. A rule that names a part that this one is ordered in place of counts as a rule of this one, in its units, unless one of this part selects the same garage.';
