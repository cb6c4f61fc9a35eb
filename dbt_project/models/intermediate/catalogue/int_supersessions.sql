with recursive

edges as (
    select * from {{ ref('int_supersessions_current') }}
),

parts as (
    select
        part_id,
        concat(brand_code, ' ', part_number) as part_words,
        lifecycle_code in ('2', 'A') and not is_retired as is_orderable
    from {{ ref('int_parts_current') }}
),

steps as (
    select
        edges.*,
        edges.kit_group_code is not null as is_kit,
        successors.part_words as successor_words,
        successors.is_orderable
    from edges
    inner join parts as successors on edges.successor_part_id = successors.part_id
),

replaced as (
    select distinct
        edges.predecessor_part_id as part_id,
        coalesce(parts.part_words, edges.predecessor_part_id::text) as part_words,
        coalesce(parts.is_orderable, false) as is_orderable
    from edges
    left join parts on edges.predecessor_part_id = parts.part_id
),

-- last_place is the last part of the way so far that may be ordered; never one before a kit, which stands for all
-- of its parts.
walk as (
    select
        part_id as predecessor_part_id,
        array[part_id] as part_ids,
        array[part_words] as names,
        array[]::text[] as dispositions,
        array[1::numeric] as conversions,
        array['-infinity'::timestamptz] as sinces,
        array['-infinity'::timestamptz] as knowns,
        false as is_kit,
        case when is_orderable then 1 end as last_place
    from replaced
    union all
    select
        walk.predecessor_part_id,
        walk.part_ids || steps.successor_part_id,
        walk.names || steps.successor_words,
        walk.dispositions || steps.disposition_code,
        walk.conversions || walk.conversions[cardinality(walk.conversions)] * steps.conversion_quantity,
        walk.sinces || greatest(walk.sinces[cardinality(walk.sinces)], steps.since_at),
        walk.knowns || greatest(walk.knowns[cardinality(walk.knowns)], steps.known_from_at),
        walk.is_kit or steps.is_kit,
        case
            when steps.is_orderable then cardinality(walk.part_ids) + 1
            when not steps.is_kit then walk.last_place
        end
    from walk
    inner join steps on walk.part_ids[cardinality(walk.part_ids)] = steps.predecessor_part_id
    where steps.successor_part_id <> all(walk.part_ids)
),

ends as (
    select
        walk.*,
        coalesce(walk.last_place, cardinality(walk.part_ids)) as place
    from walk
    where not exists (
        select from steps
        where
            steps.predecessor_part_id = walk.part_ids[cardinality(walk.part_ids)]
            and steps.successor_part_id <> all(walk.part_ids)
    )
),

final as (
    select
        predecessor_part_id,
        part_ids[place] as orderable_part_id,
        conversions[place] as conversion_quantity,
        place - 1 as step_count,
        array_to_string(names[:place], ' → ') as path,
        array_to_string(dispositions[:place - 1], ', ') as disposition_codes,
        is_kit,
        last_place is not null as is_orderable,
        'USE_UP' = all(dispositions[:place - 1]) as is_used_up,
        sinces[place] as since_at,
        knowns[place] as known_from_at
    from ends
    where place > 1
)

select * from final
