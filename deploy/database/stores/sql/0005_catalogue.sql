-- Catalogue authoring: drafts, packs, aliases, supersessions, stocking policies.
--
-- Every catalogue table keeps versions on two axes: valid_from_at says from when a version holds, recorded_at when we
-- came to know of it. A file states revision 1 of a moment and never another; only authoring corrects, by a further
-- revision of the same moment. A retired version says that from then on nothing holds. No version ever changes.

-- ------------------------------------------------------------- versions

alter table catalogue.garages
    drop constraint garages_pkey,
    add column revision_number integer not null default 1 check (revision_number > 0),
    add column is_retired boolean not null default false,
    add column draft_id uuid,
    add column actor text not null default 'pipeline',
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add primary key (garage_code, valid_from_at, revision_number),
    add check (num_nonnulls(batch_id, draft_id) = 1),
    add check ((batch_id is null) = (line_number is null));

alter table catalogue.suppliers
    drop constraint suppliers_pkey,
    add column revision_number integer not null default 1 check (revision_number > 0),
    add column is_retired boolean not null default false,
    add column draft_id uuid,
    add column actor text not null default 'pipeline',
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add primary key (supplier_code, valid_from_at, revision_number),
    add check (num_nonnulls(batch_id, draft_id) = 1),
    add check ((batch_id is null) = (line_number is null));

alter table catalogue.parts
    drop constraint parts_pkey,
    add column revision_number integer not null default 1 check (revision_number > 0),
    add column is_retired boolean not null default false,
    add column draft_id uuid,
    add column actor text not null default 'pipeline',
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add column description_long text,
    add column part_type_code text,
    add column is_hazmat boolean,
    add column un_number text,
    add column packing_group_code text,
    add column min_remaining_days integer check (min_remaining_days >= 0),
    add column is_lot_tracked boolean,
    add column is_serial_tracked boolean,
    add column is_manufacture_date_tracked boolean,
    add column is_core_part boolean,
    add column core_deposit_amount numeric(14, 4) check (core_deposit_amount >= 0),
    add column weight_kg numeric(14, 3) check (weight_kg >= 0),
    add column length_mm numeric(14, 3) check (length_mm >= 0),
    add column width_mm numeric(14, 3) check (width_mm >= 0),
    add column height_mm numeric(14, 3) check (height_mm >= 0),
    add column hs_code text,
    add column country_of_origin_code text,
    add column fitment_ref text,
    add primary key (part_id, valid_from_at, revision_number),
    add check (num_nonnulls(batch_id, draft_id) = 1),
    add check ((batch_id is null) = (line_number is null));
create index parts_replaced on catalogue.parts (part_id) where superseded_by_part_number is not null;
create index parts_by_successor on catalogue.parts (catalogue.part_id(brand_code, superseded_by_part_number))
    where superseded_by_part_number is not null;
create index parts_by_gtin on catalogue.parts (lpad(gtin, 14, '0')) where gtin is not null;
comment on table catalogue.garages is 'One row per version of a garage and revision of it; a version never changes.';
comment on table catalogue.suppliers is 'One row per version of a supplier and revision of it, with its quoted lead time and spread in days.';
comment on table catalogue.parts is 'One row per version of a part and revision of it. part_id is md5 of brand_code|part_key; part_key is the part number in upper case without punctuation, and is what files are matched on.';

create table catalogue.part_types (
    part_type_code text not null,
    valid_from_at timestamptz not null,
    revision_number integer not null default 1 check (revision_number > 0),
    part_type_name text not null,
    is_retired boolean not null default false,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    draft_id uuid,
    actor text not null default 'pipeline',
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (part_type_code, valid_from_at, revision_number),
    check (num_nonnulls(batch_id, draft_id) = 1),
    check ((batch_id is null) = (line_number is null))
);
comment on table catalogue.part_types is 'One row per version of a part type and revision of it. While there is none, parts may name any type; from then on only these.';

create table catalogue.packs (
    part_id uuid not null,
    uom_code text not null,
    valid_from_at timestamptz not null,
    revision_number integer not null default 1 check (revision_number > 0),
    factor_quantity numeric(18, 6) not null check (factor_quantity > 0),
    gtin text,
    is_orderable boolean not null default true,
    is_retired boolean not null default false,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    draft_id uuid,
    actor text not null default 'pipeline',
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (part_id, uom_code, valid_from_at, revision_number),
    check (num_nonnulls(batch_id, draft_id) = 1),
    check ((batch_id is null) = (line_number is null))
);
comment on table catalogue.packs is 'One row per version of a unit or pack level of a part and revision of it: factor_quantity base units are in one.';
create index packs_by_gtin on catalogue.packs (lpad(gtin, 14, '0')) where gtin is not null;

create table catalogue.part_references (
    part_id uuid not null,
    other_part_id uuid not null,
    reference_type_code text not null
        check (reference_type_code in ('ALIAS', 'OE', 'COMPETITOR', 'EQUIVALENT', 'COMPATIBLE_ONE_WAY')),
    valid_from_at timestamptz not null,
    revision_number integer not null default 1 check (revision_number > 0),
    other_brand_code text not null,
    other_part_number text not null check (length(other_part_number) between 1 and 48),
    quality_grade_code text,
    quantity numeric(14, 3) not null default 1 check (quantity > 0),
    is_approved boolean not null default false,
    is_retired boolean not null default false,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    draft_id uuid,
    actor text not null default 'pipeline',
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (part_id, other_part_id, reference_type_code, valid_from_at, revision_number),
    check (other_part_id <> part_id),
    check (num_nonnulls(batch_id, draft_id) = 1),
    check ((batch_id is null) = (line_number is null))
);
comment on table catalogue.part_references is 'One row per version of another number that a part has or stands for, and revision of it. An ALIAS is the part itself; any other type never stands in for the other number unless it is approved.';
create index part_references_by_other on catalogue.part_references (other_part_id);

create table catalogue.supersessions (
    predecessor_part_id uuid not null,
    successor_part_id uuid not null,
    valid_from_at timestamptz not null,
    revision_number integer not null default 1 check (revision_number > 0),
    kit_group_code text,
    conversion_quantity numeric(14, 3) not null default 1 check (conversion_quantity > 0),
    direction_code text not null check (direction_code in ('ONE_WAY', 'TWO_WAY')),
    disposition_code text not null check (disposition_code in ('USE_UP', 'RETURN', 'SCRAP', 'SERVICE_ONLY')),
    effective_from_on date not null,
    is_retired boolean not null default false,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    draft_id uuid,
    actor text not null default 'pipeline',
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (predecessor_part_id, successor_part_id, valid_from_at, revision_number),
    check (successor_part_id <> predecessor_part_id),
    check (num_nonnulls(batch_id, draft_id) = 1),
    check ((batch_id is null) = (line_number is null))
);
comment on table catalogue.supersessions is 'One row per version of an edge from a part to what replaces it, and revision of it (F16): conversion_quantity units of the successor stand for one of the predecessor. Edges of one kit_group_code replace it together.';
create index supersessions_by_successor on catalogue.supersessions (successor_part_id);

create function catalogue.policy_rule_id(
    garage_code text, part_id uuid, category_code text, brand_code text, criticality_code text, stocking_class_code text
) returns uuid
    language sql immutable parallel safe
    return md5(
        coalesce(policy_rule_id.garage_code, '') || chr(31) || coalesce(policy_rule_id.part_id::text, '') || chr(31)
        || coalesce(policy_rule_id.category_code, '') || chr(31) || coalesce(policy_rule_id.brand_code, '') || chr(31)
        || coalesce(policy_rule_id.criticality_code, '') || chr(31)
        || coalesce(policy_rule_id.stocking_class_code, '')
    )::uuid;

create table catalogue.stocking_policies (
    rule_id uuid not null,
    valid_from_at timestamptz not null,
    revision_number integer not null default 1 check (revision_number > 0),
    policy_name text not null,
    garage_code text,
    part_id uuid,
    category_code text,
    brand_code text,
    criticality_code text,
    stocking_class_code text,
    policy_code text check (policy_code in ('MIN_MAX', 'BASE_STOCK', 'NO_STOCK')),
    service_level_pct numeric(5, 2) check (service_level_pct > 0 and service_level_pct < 100),
    minimum_quantity numeric(14, 3) check (minimum_quantity >= 0),
    maximum_quantity numeric(14, 3) check (maximum_quantity >= minimum_quantity),
    cover_days integer check (cover_days >= 0),
    maximum_cover_days integer check (maximum_cover_days >= 0),
    review_days integer check (review_days >= 0),
    max_rule_code text check (max_rule_code in ('UP', 'DOWN', 'SKIP')),
    is_do_not_stock boolean,
    is_retired boolean not null default false,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    draft_id uuid,
    actor text not null default 'pipeline',
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (rule_id, valid_from_at, revision_number),
    check (rule_id = catalogue.policy_rule_id(
        garage_code, part_id, category_code, brand_code, criticality_code, stocking_class_code
    )),
    check (num_nonnulls(garage_code, part_id, category_code, brand_code, criticality_code, stocking_class_code) > 0),
    check (num_nonnulls(batch_id, draft_id) = 1),
    check ((batch_id is null) = (line_number is null))
);
comment on table catalogue.stocking_policies is 'One row per version of a stocking rule and revision of it: for what it selects (garage, part, category, brand, criticality, stocking class; empty is any) it sets the values that are not empty.';

-- ------------------------------------------- as it was, as we knew it
-- One function per table: the versions in force at valid_at by what was recorded by known_at; what is retired is left out.

create function catalogue.garages_at(valid_at timestamptz default now(), known_at timestamptz default 'infinity')
    returns setof catalogue.garages
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (garages.garage_code) garages.*
        from catalogue.garages
        where garages.valid_from_at <= garages_at.valid_at and garages.recorded_at <= garages_at.known_at
        order by garages.garage_code, garages.valid_from_at desc, garages.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

create function catalogue.suppliers_at(valid_at timestamptz default now(), known_at timestamptz default 'infinity')
    returns setof catalogue.suppliers
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (suppliers.supplier_code) suppliers.*
        from catalogue.suppliers
        where suppliers.valid_from_at <= suppliers_at.valid_at and suppliers.recorded_at <= suppliers_at.known_at
        order by suppliers.supplier_code, suppliers.valid_from_at desc, suppliers.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

create function catalogue.parts_at(valid_at timestamptz default now(), known_at timestamptz default 'infinity')
    returns setof catalogue.parts
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (parts.part_id) parts.*
        from catalogue.parts
        where parts.valid_from_at <= parts_at.valid_at and parts.recorded_at <= parts_at.known_at
        order by parts.part_id, parts.valid_from_at desc, parts.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

create function catalogue.part_types_at(valid_at timestamptz default now(), known_at timestamptz default 'infinity')
    returns setof catalogue.part_types
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (part_types.part_type_code) part_types.*
        from catalogue.part_types
        where part_types.valid_from_at <= part_types_at.valid_at and part_types.recorded_at <= part_types_at.known_at
        order by part_types.part_type_code, part_types.valid_from_at desc, part_types.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

create function catalogue.packs_at(valid_at timestamptz default now(), known_at timestamptz default 'infinity')
    returns setof catalogue.packs
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (packs.part_id, packs.uom_code) packs.*
        from catalogue.packs
        where packs.valid_from_at <= packs_at.valid_at and packs.recorded_at <= packs_at.known_at
        order by packs.part_id, packs.uom_code, packs.valid_from_at desc, packs.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

create function catalogue.part_references_at(valid_at timestamptz default now(), known_at timestamptz default 'infinity')
    returns setof catalogue.part_references
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (refs.part_id, refs.other_part_id, refs.reference_type_code) refs.*
        from catalogue.part_references as refs
        where refs.valid_from_at <= part_references_at.valid_at and refs.recorded_at <= part_references_at.known_at
        order by refs.part_id, refs.other_part_id, refs.reference_type_code, refs.valid_from_at desc,
            refs.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

create function catalogue.supersessions_at(valid_at timestamptz default now(), known_at timestamptz default 'infinity')
    returns setof catalogue.supersessions
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (edges.predecessor_part_id, edges.successor_part_id) edges.*
        from catalogue.supersessions as edges
        where edges.valid_from_at <= supersessions_at.valid_at and edges.recorded_at <= supersessions_at.known_at
        order by edges.predecessor_part_id, edges.successor_part_id, edges.valid_from_at desc,
            edges.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

create function catalogue.stocking_policies_at(
    valid_at timestamptz default now(), known_at timestamptz default 'infinity'
) returns setof catalogue.stocking_policies
    language sql stable
as $$
    select in_force.*
    from (
        select distinct on (rules.rule_id) rules.*
        from catalogue.stocking_policies as rules
        where rules.valid_from_at <= stocking_policies_at.valid_at
            and rules.recorded_at <= stocking_policies_at.known_at
        order by rules.rule_id, rules.valid_from_at desc, rules.revision_number desc
    ) as in_force
    where not in_force.is_retired
$$;

-- ---------------------------------------------------------------- units

create function catalogue.gtin_owners(gtin text, at timestamptz) returns table (
    part_id uuid, uom_code text, words text
)
    language sql stable
    set search_path = pg_catalog
as $$
    select version.part_id, null, version.brand_code || ' ' || version.part_number
    from (
        select distinct parts.part_id
        from catalogue.parts
        where parts.gtin is not null and lpad(parts.gtin, 14, '0') = lpad(gtin_owners.gtin, 14, '0')
    ) as named
    cross join lateral (
        select parts.*
        from catalogue.parts
        where parts.part_id = named.part_id and parts.valid_from_at <= gtin_owners.at
        order by parts.valid_from_at desc, parts.revision_number desc
        limit 1
    ) as version
    where not version.is_retired and lpad(version.gtin, 14, '0') = lpad(gtin_owners.gtin, 14, '0')
    union all
    select version.part_id, version.uom_code, concat(version.uom_code, ' of ', (
        select parts.brand_code || ' ' || parts.part_number
        from catalogue.parts
        where parts.part_id = version.part_id
        order by parts.valid_from_at desc, parts.revision_number desc
        limit 1
    ))
    from (
        select distinct packs.part_id, packs.uom_code
        from catalogue.packs
        where packs.gtin is not null and lpad(packs.gtin, 14, '0') = lpad(gtin_owners.gtin, 14, '0')
    ) as named
    cross join lateral (
        select packs.*
        from catalogue.packs
        where packs.part_id = named.part_id and packs.uom_code = named.uom_code
            and packs.valid_from_at <= gtin_owners.at
        order by packs.valid_from_at desc, packs.revision_number desc
        limit 1
    ) as version
    where not version.is_retired and lpad(version.gtin, 14, '0') = lpad(gtin_owners.gtin, 14, '0')
$$;
comment on function catalogue.gtin_owners is 'The parts and packs that have a GTIN at a moment, however many leading zeros it is written with.';

create function catalogue.base_quantity(part_id uuid, uom_code text, quantity numeric, at timestamptz) returns numeric
    language sql stable
    return (
        select case
            when base.uom_code = base_quantity.uom_code then base_quantity.quantity
            when base.uom_code = 'L' and base_quantity.uom_code = 'ML' then base_quantity.quantity * 0.001
            when base.uom_code = 'ML' and base_quantity.uom_code = 'L' then base_quantity.quantity * 1000
            else base_quantity.quantity * (
                select case when not packs.is_retired then packs.factor_quantity end
                from catalogue.packs
                where packs.part_id = base_quantity.part_id and packs.uom_code = base_quantity.uom_code
                    and packs.valid_from_at <= base_quantity.at
                order by packs.valid_from_at desc, packs.revision_number desc
                limit 1
            )
        end
        from (
            -- What happened before the first version of a part is counted in that version's unit.
            select parts.base_uom_code as uom_code
            from catalogue.parts
            where parts.part_id = base_quantity.part_id
            order by parts.valid_from_at > base_quantity.at,
                case when parts.valid_from_at <= base_quantity.at then parts.valid_from_at end desc,
                parts.valid_from_at, parts.revision_number desc
            limit 1
        ) as base
    );
comment on function catalogue.base_quantity is 'A quantity in the base unit of its part, exactly, by the packs in force at a moment; null where the unit means nothing for the part or the part is unknown. A part in EA of which the result is no whole number was given in a wrong unit: the caller says so.';

-- --------------------------------------------------------- supersession

create function catalogue.successors_at(
    part_ids uuid[], valid_at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (
    predecessor_part_id uuid, successor_part_id uuid, conversion_quantity numeric, kit_group_code text,
    direction_code text, disposition_code text, effective_from_on date, source_code text
)
    language sql stable
    set search_path = pg_catalog
as $$
    with explicit as (
        select in_force.*
        from (
            select distinct on (supersessions.predecessor_part_id, supersessions.successor_part_id) supersessions.*
            from unnest(part_ids) as asked (part_id)
            inner join catalogue.supersessions on supersessions.predecessor_part_id = asked.part_id
            where supersessions.valid_from_at <= valid_at and supersessions.recorded_at <= known_at
            order by supersessions.predecessor_part_id, supersessions.successor_part_id,
                supersessions.valid_from_at desc, supersessions.revision_number desc
        ) as in_force
        where not in_force.is_retired and in_force.effective_from_on <= (valid_at at time zone 'UTC')::date
    ),

    stated as (
        select version.part_id as predecessor_part_id,
            catalogue.part_id(version.brand_code, version.superseded_by_part_number) as successor_part_id,
            (version.valid_from_at at time zone 'UTC')::date as effective_from_on, version.source_code
        from (
            select distinct on (parts.part_id) parts.part_id, parts.brand_code, parts.superseded_by_part_number,
                parts.valid_from_at, parts.is_retired, parts.source_code
            from unnest(part_ids) as asked (part_id)
            inner join catalogue.parts on parts.part_id = asked.part_id
            where parts.valid_from_at <= valid_at and parts.recorded_at <= known_at
            order by parts.part_id, parts.valid_from_at desc, parts.revision_number desc
        ) as version
        where catalogue.part_id(version.brand_code, version.superseded_by_part_number) <> version.part_id
            and not version.is_retired
    ),

    edges as (
        select explicit.predecessor_part_id, explicit.successor_part_id, explicit.conversion_quantity,
            explicit.kit_group_code, explicit.direction_code, explicit.disposition_code, explicit.effective_from_on,
            explicit.source_code, 1 as origin_rank
        from explicit
        union all
        select stated.predecessor_part_id, stated.successor_part_id, 1, null, 'ONE_WAY', 'USE_UP',
            stated.effective_from_on, stated.source_code, 2
        from stated
        where not exists (
            select from explicit
            where explicit.predecessor_part_id = stated.predecessor_part_id
                and explicit.successor_part_id = stated.successor_part_id
        )
    ),

    -- A successor that the catalogue does not have yet cannot be ordered, so it replaces nothing yet.
    grouped as (
        select edges.*,
            coalesce('kit ' || edges.kit_group_code, edges.successor_part_id::text) as group_key,
            max(edges.effective_from_on) over (
                partition by edges.predecessor_part_id,
                    coalesce('kit ' || edges.kit_group_code, edges.successor_part_id::text)
            ) as group_from_on
        from edges
        where exists (
            select from catalogue.parts
            where parts.part_id = edges.successor_part_id and parts.valid_from_at <= valid_at
                and parts.recorded_at <= known_at
        )
    ),

    ranked as (
        select grouped.*, dense_rank() over (
            partition by grouped.predecessor_part_id order by group_from_on desc, origin_rank, group_key
        ) as place
        from grouped
    )

    select ranked.predecessor_part_id, ranked.successor_part_id, ranked.conversion_quantity, ranked.kit_group_code,
        ranked.direction_code, ranked.disposition_code, ranked.effective_from_on, ranked.source_code
    from ranked
    where ranked.place = 1
$$;
comment on function catalogue.successors_at is 'What replaces each of these parts directly at a moment: one successor, or every part of a kit; of several statements the one that took effect last counts.';

create function catalogue.orderable_parts(
    part_ids uuid[], at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (
    part_id uuid, orderable_part_id uuid, conversion_quantity numeric, path uuid[], dispositions text[],
    is_kit boolean, is_orderable boolean
)
    language sql stable
    set search_path = pg_catalog
as $$
    -- All that anybody ever said, so that what was in force is asked once and not once a step.
    with recursive reachable as (
        select asked.part_id from unnest(part_ids) as asked (part_id)
        union
        select said.part_id
        from reachable
        cross join lateral (
            select supersessions.successor_part_id as part_id
            from catalogue.supersessions
            where supersessions.predecessor_part_id = reachable.part_id
            union all
            select catalogue.part_id(parts.brand_code, parts.superseded_by_part_number)
            from catalogue.parts
            where parts.part_id = reachable.part_id and parts.superseded_by_part_number is not null
        ) as said
    ),

    may_be_ordered as materialized (
        select version.part_id
        from (
            select distinct on (parts.part_id) parts.part_id, parts.lifecycle_code, parts.is_retired
            from reachable
            inner join catalogue.parts using (part_id)
            where parts.valid_from_at <= at and parts.recorded_at <= known_at
            order by parts.part_id, parts.valid_from_at desc, parts.revision_number desc
        ) as version
        where version.lifecycle_code in ('2', 'A') and not version.is_retired
    ),

    edges as materialized (
        select said.predecessor_part_id, said.successor_part_id, said.conversion_quantity, said.disposition_code,
            said.kit_group_code is not null as is_kit, may_be_ordered.part_id is not null as is_orderable
        from catalogue.successors_at(array(select reachable.part_id from reachable), at, known_at) as said
        left join may_be_ordered on may_be_ordered.part_id = said.successor_part_id
    ),

    -- place: the last part of the way so far that may be ordered, and factor: how many of it stand for one of the
    -- first. Never one before a kit, which stands for all of its parts.
    walk as (
        select asked.part_id as origin_part_id, asked.part_id, array[asked.part_id] as path,
            array[]::text[] as dispositions, 1::numeric as conversion_quantity, false as is_kit,
            case when may_be_ordered.part_id is not null then 1 end as place,
            case when may_be_ordered.part_id is not null then 1::numeric end as factor
        from (select distinct said.part_id from unnest(part_ids) as said (part_id)) as asked
        left join may_be_ordered using (part_id)
        union all
        select walk.origin_part_id, edges.successor_part_id, walk.path || edges.successor_part_id,
            walk.dispositions || edges.disposition_code, walk.conversion_quantity * edges.conversion_quantity,
            walk.is_kit or edges.is_kit,
            case
                when edges.is_orderable then cardinality(walk.path) + 1
                when not edges.is_kit then walk.place
            end,
            case
                when edges.is_orderable then walk.conversion_quantity * edges.conversion_quantity
                when not edges.is_kit then walk.factor
            end
        from walk
        inner join edges on edges.predecessor_part_id = walk.part_id
        where edges.successor_part_id <> all(walk.path)
    )

    select walk.origin_part_id, walk.path[coalesce(walk.place, cardinality(walk.path))],
        coalesce(walk.factor, walk.conversion_quantity), walk.path[:coalesce(walk.place, cardinality(walk.path))],
        walk.dispositions[:coalesce(walk.place, cardinality(walk.path)) - 1], walk.is_kit, walk.place is not null
    from walk
    where not exists (
        select from edges
        where edges.predecessor_part_id = walk.part_id and edges.successor_part_id <> all(walk.path)
    )
$$;
comment on function catalogue.orderable_parts is 'What is ordered in place of each of these parts (F16): the end of its chain, or the last part before it that may be ordered; one row, or one per way to a part of a kit. conversion_quantity units of it stand for one of the part, path leads there. Every step is walked for all parts at once; catalogue.unsound_edges keeps chains short.';

create function catalogue.orderable_part(
    part_id uuid, at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (
    orderable_part_id uuid, conversion_quantity numeric, path uuid[], dispositions text[], is_kit boolean,
    is_orderable boolean
)
    language sql stable
    set search_path = pg_catalog
as $$
    select ordered.orderable_part_id, ordered.conversion_quantity, ordered.path, ordered.dispositions, ordered.is_kit,
        ordered.is_orderable
    from catalogue.orderable_parts(array[orderable_part.part_id], orderable_part.at, orderable_part.known_at) as ordered
    order by ordered.path
$$;
comment on function catalogue.orderable_part is 'What is ordered in place of a part (F16), see catalogue.orderable_parts.';

create function catalogue.supersession_rollup_at(
    valid_at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (predecessor_part_id uuid, part_id uuid, conversion_quantity numeric, path uuid[], is_kit boolean)
    language sql stable
    set search_path = pg_catalog
as $$
    select ordered.part_id, ordered.orderable_part_id, ordered.conversion_quantity, ordered.path, ordered.is_kit
    from catalogue.orderable_parts(
        array(
            select supersessions.predecessor_part_id from catalogue.supersessions
            union
            select parts.part_id from catalogue.parts where parts.superseded_by_part_number is not null
        ),
        valid_at, known_at
    ) as ordered
    where cardinality(ordered.path) > 1 and 'USE_UP' = all(ordered.dispositions)
$$;
comment on function catalogue.supersession_rollup_at is 'One row per replaced part and part that is ordered in its place, where every step says USE_UP (F16): demand and usable stock of the predecessor count for the part, times conversion_quantity. Stock of what a kit replaced counts for no single part of the kit.';
create view catalogue.supersession_rollup as select * from catalogue.supersession_rollup_at();
comment on view catalogue.supersession_rollup is 'One row per part whose demand and usable stock count for another part now, with the conversion and the path.';

create function catalogue.supersession_rollup_to(
    part_id uuid, valid_at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (predecessor_part_id uuid, conversion_quantity numeric, path uuid[], is_kit boolean)
    language sql stable
    set search_path = pg_catalog
as $$
    with recursive replaced as (
        select supersession_rollup_to.part_id as part_id
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

    select ordered.part_id, ordered.conversion_quantity, ordered.path, ordered.is_kit
    from catalogue.orderable_parts(
        array(select replaced.part_id from replaced), supersession_rollup_to.valid_at, supersession_rollup_to.known_at
    ) as ordered
    where ordered.orderable_part_id = supersession_rollup_to.part_id and cardinality(ordered.path) > 1
        and 'USE_UP' = all(ordered.dispositions)
$$;
comment on function catalogue.supersession_rollup_to is 'The rows of catalogue.supersession_rollup_at of one part that is ordered in place of others: only what was ever said to lead to it is walked.';

create view catalogue.supersession_spans as
select spans.predecessor_part_id, spans.successor_part_id, spans.span
from (
    select versions.predecessor_part_id, versions.successor_part_id, versions.is_retired,
        tstzrange(
            least(
                greatest(versions.valid_from_at, versions.effective_from_on::timestamp at time zone 'UTC'),
                coalesce(versions.until_at, 'infinity')
            ),
            versions.until_at
        ) as span
    from (
        select newest.*, lead(newest.valid_from_at) over (
            partition by newest.predecessor_part_id, newest.successor_part_id order by newest.valid_from_at
        ) as until_at
        from (
            select distinct on (edges.predecessor_part_id, edges.successor_part_id, edges.valid_from_at) edges.*
            from catalogue.supersessions as edges
            order by edges.predecessor_part_id, edges.successor_part_id, edges.valid_from_at,
                edges.revision_number desc
        ) as newest
    ) as versions
    union all
    select versions.part_id, catalogue.part_id(versions.brand_code, versions.superseded_by_part_number),
        versions.is_retired or versions.superseded_by_part_number is null,
        tstzrange(versions.valid_from_at, versions.until_at)
    from (
        select newest.*, lead(newest.valid_from_at) over (partition by newest.part_id order by newest.valid_from_at)
            as until_at
        from (
            select distinct on (parts.part_id, parts.valid_from_at) parts.part_id, parts.valid_from_at,
                parts.brand_code, parts.superseded_by_part_number, parts.is_retired
            from catalogue.parts
            where parts.part_id in (
                select replaced.part_id from catalogue.parts as replaced
                where replaced.superseded_by_part_number is not null
            )
            order by parts.part_id, parts.valid_from_at, parts.revision_number desc
        ) as newest
    ) as versions
) as spans
where not spans.is_retired and not isempty(spans.span) and spans.successor_part_id <> spans.predecessor_part_id;
comment on view catalogue.supersession_spans is 'One row per part, what replaces it, and the span in which that stands, over all time and by what we know now.';

create function catalogue.lock_supersessions() returns boolean
    language plpgsql volatile
as $$
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('catalogue.supersessions', 0));
    return true;
end
$$;
comment on function catalogue.lock_supersessions is 'Keep the graph of supersessions from every other writer until this transaction ends. Who asks the graph in a later statement sees all that was committed before.';

create function catalogue.longest_chain() returns integer
    language sql immutable parallel safe
    return 100;
comment on function catalogue.longest_chain is 'The most supersessions that may follow each other. Numbers change a handful of times in the life of a part; without a limit one wrong file makes every later question slow.';

-- The planner cannot know how large the graph is, and a nested loop over all of it would never end.
create function catalogue.unsound_edges(
    line_numbers bigint[], predecessors uuid[], successors uuid[], spans tstzrange[]
) returns table (line_number bigint, fault_code text)
    language sql stable
    set search_path = pg_catalog
    set enable_nestloop = off
as $$
    with recursive said as materialized (
        select edges.line_number, edges.predecessor_part_id, edges.successor_part_id, edges.span
        from unnest(line_numbers, predecessors, successors, spans)
            as edges (line_number, predecessor_part_id, successor_part_id, span)
        where not isempty(edges.span)
    ),

    graph as materialized (
        select stored.predecessor_part_id, stored.successor_part_id, stored.span
        from catalogue.supersession_spans as stored
        union
        select said.predecessor_part_id, said.successor_part_id, said.span from said
    ),

    -- No way is followed beyond the limit: what is longer is refused, be it a circle or not.
    reached as (
        select said.line_number, said.predecessor_part_id as origin_part_id, said.successor_part_id as part_id,
            said.span, 1 as step_count
        from said
        union
        select reached.line_number, reached.origin_part_id, graph.successor_part_id, reached.span * graph.span,
            reached.step_count + 1
        from reached
        inner join graph on graph.predecessor_part_id = reached.part_id
        where reached.part_id <> reached.origin_part_id and reached.span && graph.span
            and reached.step_count <= catalogue.longest_chain()
    ),

    circles as materialized (
        select distinct reached.line_number from reached where reached.part_id = reached.origin_part_id
    ),

    -- What only leads into a circle is sound once the circle is gone.
    rest as materialized (
        select said.* from said where said.line_number not in (select circles.line_number from circles)
    ),

    sound as materialized (
        select graph.*
        from graph
        where not exists (
            select from said
            inner join circles using (line_number)
            where said.predecessor_part_id = graph.predecessor_part_id
                and said.successor_part_id = graph.successor_part_id and said.span = graph.span
        )
    ),

    onward as (
        select rest.line_number, rest.successor_part_id as part_id, rest.span, 1 as step_count
        from rest
        where exists (select from circles)
        union
        select onward.line_number, sound.successor_part_id, onward.span * sound.span, onward.step_count + 1
        from onward
        inner join sound on sound.predecessor_part_id = onward.part_id
        where onward.span && sound.span and onward.step_count <= catalogue.longest_chain()
    ),

    before as (
        select rest.line_number, rest.predecessor_part_id as part_id, rest.span, 0 as step_count
        from rest
        union
        select before.line_number, sound.predecessor_part_id, before.span * sound.span, before.step_count + 1
        from before
        inner join sound on sound.successor_part_id = before.part_id
        where before.span && sound.span and before.step_count <= catalogue.longest_chain()
    ),

    lengths as (
        select onward.line_number, max(onward.step_count) as step_count from onward group by onward.line_number
        union all
        select reached.line_number, max(reached.step_count)
        from reached
        where not exists (select from circles)
        group by reached.line_number
        union all
        select before.line_number, max(before.step_count) from before group by before.line_number
    )

    select circles.line_number, 'CYCLE' from circles
    union all
    select lengths.line_number, 'LONG_CHAIN'
    from lengths
    group by lengths.line_number
    having sum(lengths.step_count) > catalogue.longest_chain()
$$;
comment on function catalogue.unsound_edges is 'Those edges that, together with each other and with what is stored, cannot stand (F16): CYCLE leads back to where it begins at some moment, LONG_CHAIN lies between so many others that the longest way to it and the longest way from it are more than catalogue.longest_chain() together.';

create function catalogue.refuse_unsound_edges(part_ids uuid[]) returns void
    language plpgsql
    set search_path = pg_catalog
as $$
declare
    found_part_id uuid;
    found_fault_code text;
begin
    perform catalogue.lock_supersessions();
    select edges.predecessors[faults.line_number], faults.fault_code into found_part_id, found_fault_code
    from (
        select array_agg(place) as places, array_agg(predecessor_part_id) as predecessors,
            array_agg(successor_part_id) as successors, array_agg(span) as spans
        from (
            select row_number() over () as place, stored.*
            from catalogue.supersession_spans as stored
            where stored.predecessor_part_id = any(refuse_unsound_edges.part_ids)
        ) as numbered
    ) as edges
    cross join lateral catalogue.unsound_edges(edges.places, edges.predecessors, edges.successors, edges.spans)
        as faults
    order by faults.fault_code
    limit 1;
    if found_fault_code = 'CYCLE' then
        raise exception 'the supersession of part % leads back to it', found_part_id
            using errcode = 'check_violation', constraint = 'supersessions_have_no_cycle';
    end if;
    if found_fault_code = 'LONG_CHAIN' then
        raise exception 'the supersession of part % is one of a chain of more than %', found_part_id,
            catalogue.longest_chain()
            using errcode = 'check_violation', constraint = 'supersessions_are_short';
    end if;
end
$$;
comment on function catalogue.refuse_unsound_edges is 'Raise where what replaces one of these parts is, at any moment, replaced by that part in turn, or is one of too long a chain (F16). Both directions of a TWO_WAY edge are one edge.';

create function catalogue.refuse_unsound_supersessions() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
begin
    perform catalogue.refuse_unsound_edges(array(select distinct new_rows.predecessor_part_id from new_rows));
    return null;
end
$$;
create trigger supersessions_are_sound after insert on catalogue.supersessions
    referencing new table as new_rows for each statement execute function catalogue.refuse_unsound_supersessions();

create function catalogue.refuse_unsound_parts() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
begin
    if exists (select from new_rows where new_rows.superseded_by_part_number is not null) then
        perform catalogue.refuse_unsound_edges(array(
            select distinct new_rows.part_id from new_rows where new_rows.superseded_by_part_number is not null
        ));
    end if;
    return null;
end
$$;
create trigger supersessions_are_sound after insert on catalogue.parts
    referencing new table as new_rows for each statement execute function catalogue.refuse_unsound_parts();

-- ------------------------------------------------------------- policies

create view catalogue.class_default_policies as
select *
from (
    values
    ('A', 'SAFETY', 'MIN_MAX', 99.0, 14, 180, 'UP'),
    ('A', 'IMMOBILISING', 'MIN_MAX', 98.0, 14, 180, 'UP'),
    ('A', 'COMFORT', 'MIN_MAX', 95.0, 14, 180, 'DOWN'),
    ('B', 'SAFETY', 'MIN_MAX', 98.0, 28, 270, 'UP'),
    ('B', 'IMMOBILISING', 'MIN_MAX', 97.0, 28, 270, 'UP'),
    ('B', 'COMFORT', 'MIN_MAX', 95.0, 28, 270, 'DOWN'),
    ('C', 'SAFETY', 'BASE_STOCK', 97.0, 0, 365, 'UP'),
    ('C', 'IMMOBILISING', 'BASE_STOCK', 95.0, 0, 365, 'UP'),
    ('C', 'COMFORT', 'BASE_STOCK', 90.0, 0, 365, 'SKIP'),
    ('D', 'SAFETY', 'BASE_STOCK', 95.0, 0, 365, 'UP'),
    ('D', 'IMMOBILISING', 'BASE_STOCK', 90.0, 0, 365, 'SKIP'),
    ('D', 'COMFORT', 'NO_STOCK', 90.0, 0, 365, 'SKIP')
) as defaults (
    stocking_class_code, criticality_code, policy_code, service_level_pct, cover_days, maximum_cover_days, max_rule_code
);
comment on view catalogue.class_default_policies is 'One row per stocking class and criticality: the values of a part that no rule sets. A rule for a class and criticality overrides them.';

-- Which of the six selectors a rule sets, as a number: garage 32, part 16, category 8, brand 4, criticality 2, class 1.
create function catalogue.policy_shape(
    garage_code text, part_id uuid, category_code text, brand_code text, criticality_code text, stocking_class_code text
) returns integer
    language sql immutable parallel safe
    return (garage_code is not null)::integer * 32 + (part_id is not null)::integer * 16
        + (category_code is not null)::integer * 8 + (brand_code is not null)::integer * 4
        + (criticality_code is not null)::integer * 2 + (stocking_class_code is not null)::integer;

-- A garage before the network, then the rule with more selectors, then the earlier selector of the list above.
create function catalogue.policy_precedence(shape integer) returns integer
    language sql immutable parallel safe
    return (shape & 32) * 100 + bit_count(shape::bit(6))::integer * 64 + shape;

create function catalogue.stocking_policy_values(
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

    rules as materialized (
        select in_force.*, catalogue.policy_shape(
            in_force.garage_code, in_force.part_id, in_force.category_code, in_force.brand_code,
            in_force.criticality_code, in_force.stocking_class_code
        ) as shape
        from catalogue.stocking_policies_at(valid_at, known_at) as in_force
    ),

    shapes as (
        select distinct rules.shape from rules
    ),

    -- The id of a rule is a hash of what it selects, so each shape of rules is one probe for a cell.
    probes as (
        select cells.garage_code, cells.part_id, shapes.shape, catalogue.policy_rule_id(
            case when shape & 32 > 0 then cells.garage_code end, case when shape & 16 > 0 then cells.part_id end,
            case when shape & 8 > 0 then cells.category_code end, case when shape & 4 > 0 then cells.brand_code end,
            case when shape & 2 > 0 then cells.criticality_code end,
            case when shape & 1 > 0 then cells.stocking_class_code end
        ) as rule_id
        from cells
        cross join shapes
    ),

    found as (
        select probes.garage_code, probes.part_id, catalogue.policy_precedence(rules.shape) as precedence,
            case when rules.shape & 32 > 0 then 'GARAGE' else 'SEGMENT' end as level_code,
            rules.policy_name || ': '
            || concat_ws(', ', 'garage ' || rules.garage_code, case when rules.part_id is not null then 'this part' end,
                'category ' || rules.category_code, 'brand ' || rules.brand_code,
                'criticality ' || rules.criticality_code, 'class ' || rules.stocking_class_code) as source_words,
            rules.rule_id, rules.valid_from_at, rules.source_code, rules.actor, rules.policy_code,
            rules.service_level_pct, rules.minimum_quantity, rules.maximum_quantity, rules.cover_days,
            rules.maximum_cover_days, rules.review_days, rules.max_rule_code, rules.is_do_not_stock
        from probes
        inner join rules using (rule_id)
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
comment on function catalogue.stocking_policy_values is 'One row per garage, part and value of its stocking policy that something sets, with where the value comes from: CLASS_DEFAULT, a SEGMENT rule or a GARAGE rule. Each value resolves on its own.';

create function catalogue.stocking_policy_of(
    garage_code text, part_id uuid, at timestamptz default now(), known_at timestamptz default 'infinity'
) returns table (
    value_name text, value text, level_code text, source_words text, rule_id uuid, valid_from_at timestamptz,
    source_code text, actor text
)
    language sql stable
    set search_path = pg_catalog
as $$
    select resolved.value_name, resolved.value, resolved.level_code, resolved.source_words, resolved.rule_id,
        resolved.valid_from_at, resolved.source_code, resolved.actor
    from catalogue.stocking_policy_values(
        array[stocking_policy_of.garage_code], array[stocking_policy_of.part_id], stocking_policy_of.at,
        stocking_policy_of.known_at
    ) as resolved
$$;

create function catalogue.cells_in_use() returns table (garage_code text, part_id uuid)
    language sql stable
as $$
    select counts.garage_code, counts.part_id from garage_inventory.counts
    union
    select usage_lines.garage_code, usage_lines.part_id from garage_inventory.usage_lines
    union
    select movements.garage_code, movements.part_id from garage_inventory.movements
    union
    select events.garage_code, events.part_id from reservation.events
$$;

create view catalogue.stocking_policies_resolved as
select resolved.garage_code, resolved.part_id,
    max(resolved.value) filter (where resolved.value_name = 'policy_code') as policy_code,
    max(resolved.value) filter (where resolved.value_name = 'service_level_pct')::numeric(5, 2) as service_level_pct,
    max(resolved.value) filter (where resolved.value_name = 'minimum_quantity')::numeric(14, 3) as minimum_quantity,
    max(resolved.value) filter (where resolved.value_name = 'maximum_quantity')::numeric(14, 3) as maximum_quantity,
    max(resolved.value) filter (where resolved.value_name = 'cover_days')::integer as cover_days,
    max(resolved.value) filter (where resolved.value_name = 'maximum_cover_days')::integer as maximum_cover_days,
    max(resolved.value) filter (where resolved.value_name = 'review_days')::integer as review_days,
    max(resolved.value) filter (where resolved.value_name = 'max_rule_code') as max_rule_code,
    coalesce(bool_or(resolved.value::boolean) filter (where resolved.value_name = 'is_do_not_stock'), false)
        as is_do_not_stock,
    jsonb_object_agg(resolved.value_name, concat_ws(' ', resolved.level_code, resolved.source_words)) as sources
from (
    select values_of_cells.*
    from (
        select array_agg(cells.garage_code) as garage_codes, array_agg(cells.part_id) as part_ids
        from catalogue.cells_in_use() as cells
    ) as cells
    cross join lateral catalogue.stocking_policy_values(cells.garage_codes, cells.part_ids) as values_of_cells
) as resolved
group by resolved.garage_code, resolved.part_id;
comment on view catalogue.stocking_policies_resolved is 'One row per garage and part in use: its stocking policy now, and in sources where each value comes from.';

-- ------------------------------------------------------------- matching

create function catalogue.part_meant(sent_part_id uuid) returns uuid
    language sql stable
    set search_path = pg_catalog
as $$
    with said as (
        select distinct on (refs.part_id, refs.reference_type_code) refs.*
        from catalogue.part_references as refs
        where refs.other_part_id = part_meant.sent_part_id and refs.valid_from_at <= now()
        order by refs.part_id, refs.reference_type_code, refs.valid_from_at desc, refs.revision_number desc
    ),

    usable as (
        select said.part_id, rank() over (order by said.reference_type_code = 'ALIAS' desc) as place
        from said
        where not said.is_retired and said.quantity = 1 and (said.reference_type_code = 'ALIAS' or said.is_approved)
    )

    select (array_agg(usable.part_id))[1]
    from usable
    where usable.place = 1
    having count(distinct usable.part_id) = 1
$$;
comment on function catalogue.part_meant is 'The part of the catalogue that has another number as an alias, else the one that an approved interchange names, unit for unit; null without one, or where several have it.';

create or replace function ingest.matched_part(sender text, sent_part_id uuid) returns uuid
    language sql stable
    return coalesce(
        (
            select part_id from ingest.match_decisions
            where catalogue.part_id(brand_code, part_number) = matched_part.sent_part_id
                and coalesce(source_code, matched_part.sender) = matched_part.sender
            order by recorded_at desc, match_decision_id desc
            limit 1
        ),
        catalogue.part_meant(matched_part.sent_part_id)
    );
comment on function ingest.matched_part is 'What a sender means by a part: by the newest decision on it, else by an alias of the catalogue, else by an approved interchange; null without one.';

create or replace function ingest.part_candidates(sent_brand_code text, sent_part_number text) returns table (
    candidate_rank bigint, part_id uuid, brand_code text, part_number text, description text, likeness_code text
)
    language sql stable
    set search_path = pg_catalog
as $$
    with recursive sent as (
        select upper(sent_brand_code) as brand_code, catalogue.part_key(sent_part_number) as part_key
    ),

    -- The brands, one index probe each.
    brands as (
        (select parts.brand_code from catalogue.parts order by parts.brand_code limit 1)
        union all
        select (select parts.brand_code from catalogue.parts where parts.brand_code > brands.brand_code
            order by parts.brand_code limit 1)
        from brands
        where brands.brand_code is not null
    ),

    found as (
        select 1 as nearness, 0 as distance, parts.part_id, 'OTHER_BRAND' as likeness_code
        from sent
        inner join brands on brands.brand_code is not null
        inner join catalogue.parts on parts.brand_code = brands.brand_code and parts.part_key = sent.part_key
        union all
        select 2, 0, catalogue.part_id(interchanges.brand_code, interchanges.part_number), 'INTERCHANGE'
        from supplier_feed.interchanges
        inner join sent on upper(interchanges.other_brand_code) = sent.brand_code
            and catalogue.part_key(interchanges.other_part_number) = sent.part_key
        union all
        select 2, 0, catalogue.part_id(interchanges.other_brand_code, interchanges.other_part_number), 'INTERCHANGE'
        from supplier_feed.interchanges
        inner join sent on upper(interchanges.brand_code) = sent.brand_code
            and catalogue.part_key(interchanges.part_number) = sent.part_key
        union all
        select 2, 0, said.part_id, 'REFERENCE'
        from sent
        cross join lateral (
            select distinct on (refs.part_id, refs.reference_type_code) refs.part_id, refs.is_retired
            from catalogue.part_references as refs
            where refs.other_part_id = catalogue.part_id(sent.brand_code, sent.part_key)
                and refs.valid_from_at <= now()
            order by refs.part_id, refs.reference_type_code, refs.valid_from_at desc, refs.revision_number desc
        ) as said
        where not said.is_retired
        union all
        select 3, -common.length, neighbours.part_id, 'SIMILAR'
        from sent
        inner join brands on upper(brands.brand_code) = sent.brand_code
        cross join lateral (
            (select parts.part_id, parts.part_key from catalogue.parts
            where parts.brand_code = brands.brand_code and parts.part_key >= sent.part_key
            order by parts.part_key limit 5)
            union all
            (select parts.part_id, parts.part_key from catalogue.parts
            where parts.brand_code = brands.brand_code and parts.part_key < sent.part_key
            order by parts.part_key desc limit 5)
        ) as neighbours
        cross join lateral (
            select count(*)::integer as length
            from generate_series(1, least(length(sent.part_key), length(neighbours.part_key))) as place
            where left(sent.part_key, place) = left(neighbours.part_key, place)
        ) as common
        where common.length >= 3 and common.length * 2 >= length(sent.part_key)
    ),

    best as (
        select distinct on (found.part_id) found.*
        from found
        order by found.part_id, nearness, distance
    ),

    newest as (
        select distinct on (parts.part_id) best.nearness, best.distance, best.likeness_code, parts.*
        from best
        inner join catalogue.parts using (part_id)
        order by parts.part_id, valid_from_at desc, revision_number desc
    )

    select row_number() over (order by nearness, distance, newest.brand_code, newest.part_number), newest.part_id,
        newest.brand_code, newest.part_number, newest.description, newest.likeness_code
    from newest
    order by 1
$$;
comment on function ingest.part_candidates is 'Parts of the catalogue that a sender may mean, nearest first: the same number of another brand, interchanges, references, numbers that begin alike.';

create view catalogue.part_number_collisions as
with parts as (
    select in_force.part_id, in_force.brand_code, in_force.part_number, in_force.part_key,
        regexp_replace(translate(in_force.part_key, 'OIL', '011'), '^0+(?=.)', '') as look
    from catalogue.parts_at() as in_force
),

spellings as (
    select distinct versions.part_id, versions.brand_code, versions.part_number, versions.part_key
    from catalogue.parts as versions
)

select 'PRINTED_DIFFERENTLY' as collision_code, min(spellings.part_key) as part_key, count(*) as number_count,
    array_agg(spellings.brand_code || ':' || spellings.part_number order by spellings.brand_code, spellings.part_number)
        as part_numbers
from spellings
group by spellings.part_id
having count(*) > 1
union all
select 'SEVERAL_BRANDS', parts.part_key, count(*),
    array_agg(parts.brand_code || ':' || parts.part_number order by parts.brand_code, parts.part_number)
from parts
group by parts.part_key
having count(distinct upper(parts.brand_code)) > 1
union all
select 'LOOK_ALIKE', min(parts.part_key), count(*),
    array_agg(parts.brand_code || ':' || parts.part_number order by parts.brand_code, parts.part_number)
from parts
group by upper(parts.brand_code), parts.look
having count(distinct parts.part_key) > 1;
comment on view catalogue.part_number_collisions is 'One row per set of part numbers that may be taken for each other: one key printed differently, one key in several brands, numbers of a brand that differ in O and 0, I, L and 1 or leading zeros.';

-- ------------------------------------------------------------ authoring

create table catalogue.draft_events (
    draft_event_id uuid primary key default uuidv7(),
    draft_id uuid not null,
    sequence_number integer not null check (sequence_number > 0),
    event_type_code text not null
        check (event_type_code in ('DRAFTED', 'SUBMITTED', 'APPROVED', 'REJECTED', 'PUBLISHED', 'RETIRED')),
    entity_code text not null check (entity_code in (
        'part', 'garage', 'supplier', 'part_type', 'pack', 'reference', 'supersession', 'policy'
    )),
    content jsonb,
    reason text check (reason <> ''),
    actor text not null check (btrim(actor) <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    unique (draft_id, sequence_number),
    check ((event_type_code = 'DRAFTED') = (content is not null)),
    check (event_type_code not in ('APPROVED', 'REJECTED', 'RETIRED') or reason is not null)
);
comment on table catalogue.draft_events is 'One row per step of a draft of a catalogue record: who wrote, submitted, approved, rejected, published or retired it, and why. Append-only; the state of a draft is the fold of its events.';

create view catalogue.drafts as
select folded.draft_id, folded.entity_code, folded.content, folded.author, folded.reason, folded.actor,
    case folded.event_type_code
        when 'DRAFTED' then 'DRAFT' when 'REJECTED' then 'DRAFT' when 'SUBMITTED' then 'REVIEW'
        when 'APPROVED' then 'REVIEW' else folded.event_type_code
    end as state_code,
    folded.event_type_code in ('APPROVED', 'PUBLISHED', 'RETIRED') as is_approved,
    case when folded.event_type_code not in ('DRAFTED', 'SUBMITTED') then folded.reviewer end as reviewer,
    folded.drafted_at, folded.submitted_at, folded.reviewed_at, folded.published_at, folded.retired_at,
    folded.changed_at
from (
    select events.draft_id,
        (array_agg(events.entity_code))[1] as entity_code,
        (array_agg(events.event_type_code order by events.sequence_number desc))[1] as event_type_code,
        (array_agg(events.actor order by events.sequence_number desc))[1] as actor,
        (array_agg(events.reason order by events.sequence_number desc))[1] as reason,
        (array_agg(events.content order by events.sequence_number desc)
            filter (where events.event_type_code = 'DRAFTED'))[1] as content,
        (array_agg(events.actor order by events.sequence_number desc)
            filter (where events.event_type_code = 'DRAFTED'))[1] as author,
        (array_agg(events.actor order by events.sequence_number desc)
            filter (where events.event_type_code in ('APPROVED', 'REJECTED')))[1] as reviewer,
        min(events.recorded_at) as drafted_at,
        max(events.recorded_at) filter (where events.event_type_code = 'SUBMITTED') as submitted_at,
        max(events.recorded_at) filter (where events.event_type_code in ('APPROVED', 'REJECTED')) as reviewed_at,
        max(events.recorded_at) filter (where events.event_type_code = 'PUBLISHED') as published_at,
        max(events.recorded_at) filter (where events.event_type_code = 'RETIRED') as retired_at,
        max(events.recorded_at) as changed_at
    from catalogue.draft_events as events
    group by events.draft_id
) as folded;
comment on view catalogue.drafts is 'One row per draft of a catalogue record: its state DRAFT, REVIEW, PUBLISHED or RETIRED, its content, its author, its reviewer and the last word on it.';

create function catalogue.check_draft_event() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
declare
    last_event catalogue.draft_events;
    is_allowed boolean;
begin
    -- Whoever takes the next step of a draft waits for the one before, and sees what it did.
    perform pg_advisory_xact_lock(hashtextextended('catalogue.draft ' || new.draft_id, 0));
    select events.* into last_event
    from catalogue.draft_events as events
    where events.draft_id = new.draft_id
    order by events.sequence_number desc
    limit 1;
    new.sequence_number := coalesce(last_event.sequence_number, 0) + 1;
    is_allowed := case new.event_type_code
        when 'DRAFTED' then last_event.event_type_code is null or last_event.event_type_code in ('DRAFTED', 'REJECTED')
        when 'SUBMITTED' then last_event.event_type_code in ('DRAFTED', 'REJECTED')
        when 'APPROVED' then last_event.event_type_code = 'SUBMITTED'
        when 'REJECTED' then last_event.event_type_code in ('SUBMITTED', 'APPROVED')
        when 'PUBLISHED' then last_event.event_type_code = 'APPROVED'
        when 'RETIRED' then last_event.event_type_code = 'PUBLISHED'
    end;
    if is_allowed is not true then
        raise exception 'draft % was % last and cannot be %', new.draft_id,
            coalesce(last_event.event_type_code, 'never there'), new.event_type_code
            using errcode = 'check_violation', constraint = 'draft_events_in_order';
    end if;
    if new.entity_code is distinct from coalesce(last_event.entity_code, new.entity_code) then
        raise exception 'draft % is of a %', new.draft_id, last_event.entity_code
            using errcode = 'check_violation', constraint = 'draft_events_in_order';
    end if;
    if new.entity_code = 'supersession' and new.event_type_code in ('APPROVED', 'RETIRED') and exists (
        select from catalogue.draft_events as events
        where events.draft_id = new.draft_id and events.event_type_code = 'DRAFTED'
            and lower(btrim(events.actor)) = lower(btrim(new.actor))
    ) then
        raise exception '% wrote draft % and cannot decide about it', new.actor, new.draft_id
            using errcode = 'check_violation', constraint = 'draft_events_two_persons';
    end if;
    return new;
end
$$;
create trigger draft_events_in_order before insert on catalogue.draft_events
    for each row execute function catalogue.check_draft_event();

create function catalogue.refuse_unapproved() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
begin
    if exists (
        select from new_rows
        where new_rows.draft_id is not null and not coalesce((
            select events.event_type_code in ('APPROVED', 'PUBLISHED', 'RETIRED')
            from catalogue.draft_events as events
            where events.draft_id = new_rows.draft_id
            order by events.sequence_number desc
            limit 1
        ), false)
    ) then
        raise exception 'a version in % is of a draft that nobody approved', tg_table_name
            using errcode = 'check_violation', constraint = 'versions_are_approved';
    end if;
    return null;
end
$$;
create trigger versions_are_approved after insert on catalogue.garages
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();
create trigger versions_are_approved after insert on catalogue.suppliers
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();
create trigger versions_are_approved after insert on catalogue.parts
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();
create trigger versions_are_approved after insert on catalogue.part_types
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();
create trigger versions_are_approved after insert on catalogue.packs
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();
create trigger versions_are_approved after insert on catalogue.part_references
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();
create trigger versions_are_approved after insert on catalogue.supersessions
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();
create trigger versions_are_approved after insert on catalogue.stocking_policies
    referencing new table as new_rows for each statement execute function catalogue.refuse_unapproved();

-- ---------------------------------------------------------------- grants

grant select, insert on catalogue.part_types, catalogue.packs, catalogue.part_references, catalogue.supersessions,
    catalogue.stocking_policies, catalogue.draft_events to partsbay_pipeline;
grant select on catalogue.supersession_rollup, catalogue.class_default_policies, catalogue.stocking_policies_resolved,
    catalogue.supersession_spans, catalogue.part_number_collisions, catalogue.drafts to partsbay_pipeline;
grant select on catalogue.part_types, catalogue.packs, catalogue.part_references, catalogue.supersessions,
    catalogue.stocking_policies, catalogue.draft_events to partsbay_replication;
alter publication pub_catalogue add table catalogue.part_types, catalogue.packs, catalogue.part_references,
    catalogue.supersessions, catalogue.stocking_policies, catalogue.draft_events;
