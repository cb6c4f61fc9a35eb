-- What a batch says of itself, by which profile it was read, and four more kinds of supplier message.

-- ---------------------------------------------------------------- ingest

alter table ingest.batches
    add column format_code text,
    add column profile_version text,
    add column submission_code text check (submission_code in ('FULL', 'UPDATE')),
    add column sequence_number bigint,
    add column previous_sequence_number bigint,
    add column stated_at timestamptz,
    add column document_number text,
    add column column_names text[],
    add column controls jsonb not null default '{}';
comment on column ingest.batches.column_names is 'Columns of the file as it names them, in its order.';
comment on column ingest.batches.controls is 'Declared totals and what was counted: {"rows": {"declared": n, "counted": n}, "<column>": …}.';
create index batches_by_feed on ingest.batches (source_code, kind, stated_at);
grant update (format_code, profile_version, submission_code, sequence_number, previous_sequence_number, stated_at,
    document_number, column_names, controls) on ingest.batches to partsbay_pipeline;

alter table ingest.quarantined_rows add column place text, add column repaired_by_batch_id uuid;
comment on column ingest.quarantined_rows.place is 'Where the row stands in its file, in words: line, sheet and row, message and segment, element.';
grant update (reasons, rule_version, repaired_by_batch_id) on ingest.quarantined_rows to partsbay_pipeline;

create table ingest.profiles (
    profile_version text primary key,
    source_code text not null,
    kind text not null,
    content jsonb not null,
    recorded_at timestamptz not null default now()
);
comment on table ingest.profiles is 'One row per version of a partner profile that a batch was ever read by; the version is a hash of its content.';

create table ingest.drift_events (
    batch_id uuid not null references ingest.batches,
    change_code text not null check (change_code in ('NEW_COLUMN', 'MISSING_COLUMN', 'TYPE_CHANGE')),
    column_name text not null,
    effect_code text not null check (effect_code in ('INFORM', 'FAIL', 'QUARANTINE')),
    row_count bigint not null default 0,
    details jsonb not null default '{}',
    recorded_at timestamptz not null default now(),
    primary key (batch_id, change_code, column_name)
);
comment on table ingest.drift_events is 'One row per batch and column whose presence or type differs from what the profile or the batch before it said.';

create table ingest.decisions (
    decision_id uuid primary key default uuidv7(),
    subject_code text not null check (subject_code in ('BATCH', 'ROW', 'OFFER', 'DRIFT')),
    decision_code text not null check (decision_code in ('RELEASE', 'DISCARD', 'ACCEPT')),
    batch_id uuid not null references ingest.batches,
    line_number bigint,
    subject jsonb not null default '{}',
    reason text not null check (reason <> ''),
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table ingest.decisions is 'One row per decision a person took on a held batch or offer, a quarantined row or a drift. Append-only.';

create table ingest.match_decisions (
    match_decision_id uuid primary key default uuidv7(),
    source_code text,
    brand_code text not null,
    part_number text not null,
    part_key text not null,
    match_code text not null check (match_code in ('ALIAS', 'INTERCHANGE', 'NONE')),
    part_id uuid,
    reason text not null check (reason <> ''),
    actor text not null,
    recorded_at timestamptz not null default now(),
    check ((match_code = 'NONE') = (part_id is null))
);
comment on table ingest.match_decisions is 'One row per decision on what a sender means by a brand and part number; the newest counts, NONE takes one back. No source means every source. Append-only.';
create index match_decisions_by_key on ingest.match_decisions (upper(brand_code), part_key);

grant select, insert on ingest.profiles, ingest.drift_events, ingest.decisions, ingest.match_decisions
    to partsbay_pipeline;
grant select on ingest.profiles, ingest.drift_events, ingest.decisions, ingest.match_decisions
    to partsbay_replication;
alter publication pub_ingest add table ingest.profiles, ingest.drift_events, ingest.decisions, ingest.match_decisions;

-- --------------------------------------------------------- supplier_feed

create table supplier_feed.articles (
    supplier_code text not null,
    brand_code text not null,
    part_number text not null check (length(part_number) between 1 and 48),
    stated_at timestamptz not null,
    supplier_part_number text,
    gtin text,
    maintenance_code text not null,
    part_type_code text,
    description text,
    lifecycle_code text not null,
    replaced_by_part_number text,
    pack_uom_code text,
    pack_quantity numeric(14, 3) not null,
    minimum_order_quantity numeric(14, 3) not null,
    order_multiple_quantity numeric(14, 3) not null,
    lead_time_days numeric(6, 2),
    is_hazmat boolean,
    un_number text,
    packing_group_code text,
    shelf_life_days integer,
    country_of_origin_code text,
    hs_code text,
    weight_kg numeric(14, 3),
    warranty_months integer,
    is_returnable boolean,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, brand_code, part_number, stated_at)
);
comment on table supplier_feed.articles is 'One row per part as a supplier described it, as of the moment of the statement.';

create table supplier_feed.interchanges (
    supplier_code text not null,
    brand_code text not null,
    part_number text not null check (length(part_number) between 1 and 48),
    other_brand_code text not null,
    other_part_number text not null check (length(other_part_number) between 1 and 48),
    stated_at timestamptz not null,
    interchange_type_code text not null,
    quality_grade_code text,
    quantity numeric(14, 3) not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, brand_code, part_number, other_brand_code, other_part_number, stated_at)
);
comment on table supplier_feed.interchanges is 'One row per part that a supplier says stands for another, as of the moment of the statement. Never used unapproved.';

grant select, insert on supplier_feed.articles, supplier_feed.interchanges to partsbay_pipeline;
grant select on supplier_feed.articles, supplier_feed.interchanges to partsbay_replication;
alter publication pub_supplier_feed add table supplier_feed.articles, supplier_feed.interchanges;

-- --------------------------------------------------------- replenishment

create table replenishment.acknowledgements (
    supplier_code text not null,
    purchase_order_number text not null,
    purchase_order_line text not null,
    schedule_number integer not null,
    stated_at timestamptz not null,
    brand_code text,
    part_number text,
    supplier_part_number text,
    acknowledgement_code text not null,
    ordered_quantity numeric(14, 3),
    acknowledged_quantity numeric(14, 3),
    uom_code text not null,
    unit_price_amount numeric(14, 4),
    currency_code text,
    promised_on date,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, purchase_order_number, purchase_order_line, schedule_number, stated_at)
);
comment on table replenishment.acknowledgements is 'One row per answer of a supplier to an order line; a line may be answered in several parts and several times.';

create table replenishment.shipment_lines (
    supplier_code text not null,
    shipment_number text not null,
    shipment_line text not null,
    stated_at timestamptz not null,
    purchase_order_number text,
    purchase_order_line text,
    brand_code text,
    part_number text,
    supplier_part_number text,
    shipped_quantity numeric(14, 3) not null check (shipped_quantity >= 0),
    uom_code text not null,
    lot_number text,
    expires_on date,
    package_number text,
    ship_to_code text,
    shipped_at timestamptz,
    expected_on date,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, shipment_number, shipment_line)
);
comment on table replenishment.shipment_lines is 'One row per line of a shipment that a supplier announced.';

grant select, insert on replenishment.acknowledgements, replenishment.shipment_lines to partsbay_pipeline;
grant select on replenishment.acknowledgements, replenishment.shipment_lines to partsbay_replication;
alter publication pub_replenishment add table replenishment.acknowledgements, replenishment.shipment_lines;

-- -------------------------------------------------- STORES: statements over time

alter table ingest.batches add column latest_at timestamptz;
comment on column ingest.batches.latest_at is 'The newest moment that a good line of the batch speaks of.';
grant update (latest_at) on ingest.batches to partsbay_pipeline;

create table ingest.awaited_references (
    batch_id uuid not null references ingest.batches,
    reference_code text not null check (reference_code in ('GARAGE', 'SUPPLIER', 'PART')),
    reference_key text not null,
    primary key (batch_id, reference_code, reference_key)
);
comment on table ingest.awaited_references is 'One row per garage, supplier or part that a batch names and the catalogue did not know when it was last taken. The key of a part is its part_id as sent.';

create index match_decisions_by_part on ingest.match_decisions (catalogue.part_id(brand_code, part_number), recorded_at);

create function ingest.matched_part(sender text, sent_part_id uuid) returns uuid
    language sql stable
    return (
        select part_id from ingest.match_decisions
        where catalogue.part_id(brand_code, part_number) = matched_part.sent_part_id
            and coalesce(source_code, matched_part.sender) = matched_part.sender
        order by recorded_at desc, match_decision_id desc
        limit 1
    );
comment on function ingest.matched_part is 'What a sender means by a part, by the newest decision on it; null without one, or where it was taken back.';

-- Index scans and a handful of rows each: neighbours in the order of the part keys are the ones that look alike.
create function ingest.part_candidates(sent_brand_code text, sent_part_number text) returns table (
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
        order by parts.part_id, valid_from_at desc
    )

    select row_number() over (order by nearness, distance, newest.brand_code, newest.part_number), newest.part_id,
        newest.brand_code, newest.part_number, newest.description, newest.likeness_code
    from newest
    order by 1
$$;
comment on function ingest.part_candidates is 'Parts of the catalogue that a sender may mean, nearest first: the same number of another brand, interchanges, numbers that begin alike.';
create index interchanges_by_part on supplier_feed.interchanges
    (upper(brand_code), catalogue.part_key(part_number));
create index interchanges_by_other on supplier_feed.interchanges
    (upper(other_brand_code), catalogue.part_key(other_part_number));

create view ingest.sequence_gaps as
with numbered as (
    select source_code, kind, sequence_number,
        max(previous_sequence_number) as previous_sequence_number,
        max(stated_at) as stated_at,
        lag(sequence_number) over (partition by source_code, kind order by sequence_number) as number_before
    from ingest.batches
    where sequence_number is not null and state <> 'REJECTED'
    group by source_code, kind, sequence_number
),

gaps as (
    select source_code, kind, sequence_number, stated_at,
        coalesce(previous_sequence_number, number_before + 1) as missing_from_number,
        coalesce(previous_sequence_number, sequence_number - 1) as missing_to_number
    from numbered
    where case
        when previous_sequence_number is null then number_before < sequence_number - 1
        else not exists (
            select from ingest.batches as arrived
            where (arrived.source_code, arrived.kind) = (numbered.source_code, numbered.kind)
                and arrived.sequence_number = numbered.previous_sequence_number
                and arrived.state <> 'REJECTED'
        )
    end
)

select source_code, kind, missing_from_number, missing_to_number, sequence_number as followed_by_number, stated_at,
    case
        when missing_from_number = missing_to_number
            then 'sequence ' || missing_from_number || ' is missing: send it, or a FULL file'
        else 'sequences ' || missing_from_number || ' to ' || missing_to_number
            || ' are missing: send them, or a FULL file'
    end as words
from gaps
where not exists (
    select from ingest.batches as anew
    where (anew.source_code, anew.kind) = (gaps.source_code, gaps.kind)
        and anew.submission_code = 'FULL' and anew.state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE')
        -- A repair of some lines of a FULL file is no FULL file.
        and not anew.controls ? 'repairs'
        and case
            when anew.sequence_number is null then anew.stated_at >= gaps.stated_at
            else anew.sequence_number > gaps.missing_to_number
        end
);
comment on view ingest.sequence_gaps is 'One row per stretch of sequence numbers that a sender has left out; it closes when they arrive, or a later FULL file.';
create index batches_by_sequence on ingest.batches (source_code, kind, sequence_number) where sequence_number is not null;

-- What a FULL file names, in eight bytes a key: a file of a million lines is one row of eight megabytes.
create function supplier_feed.key_hash(brand_code text, part_number text, variant text) returns bigint
    language sql immutable parallel safe
    return hashtextextended(key_hash.brand_code || chr(31) || key_hash.part_number || chr(31) || key_hash.variant, 0);

create table supplier_feed.full_listings (
    batch_id uuid not null references ingest.batches,
    supplier_code text not null,
    kind text not null,
    source_code text not null,
    stated_at timestamptz not null,
    key_hashes bigint[] not null,
    doubtful_part_hashes bigint[] not null,
    is_complete boolean not null,
    recorded_at timestamptz not null,
    primary key (batch_id, supplier_code)
);
comment on table supplier_feed.full_listings is 'One row per FULL batch and supplier: hashes of the keys that it names, and of the parts on its bad lines, which are not taken as left out. Not complete where a bad line does not even name its part: then nothing counts as left out.';
create index full_listings_newest on supplier_feed.full_listings (kind, source_code, supplier_code, stated_at);

-- A range of pages per batch: what a batch stored is found without an index that every line would pay for.
create index offers_by_batch on supplier_feed.offers using brin (batch_id) with (pages_per_range = 64);
create index articles_by_batch on supplier_feed.articles using brin (batch_id) with (pages_per_range = 64);
create index articles_by_supplier_number on supplier_feed.articles (supplier_code, supplier_part_number);

create function supplier_feed.withdrawn_at(as_of timestamptz) returns table (
    kind text, supplier_code text, brand_code text, part_number text, price_type_code text,
    break_quantity numeric, distribution_centre_code text, reason_code text, withdrawn_at timestamptz
)
    language sql stable
    set search_path = pg_catalog
as $$
    with ranked as (
        select listings.kind, listings.source_code, listings.supplier_code, listings.stated_at,
            row_number() over (
                partition by listings.kind, listings.source_code, listings.supplier_code
                order by listings.stated_at desc, batches.sha256 desc
            ) as recency
        from supplier_feed.full_listings as listings
        inner join ingest.batches using (batch_id)
        where listings.is_complete and listings.stated_at <= as_of
    ),

    -- Left out twice in a row is withdrawn: not stated since before the newest FULL but one, and in neither.
    pairs as (
        select ranked.kind, ranked.source_code, ranked.supplier_code,
            min(ranked.stated_at) as omitted_at, max(ranked.stated_at) as withdrawn_at
        from ranked
        where recency <= 2
        group by 1, 2, 3
        having count(*) = 2
    ),

    listings as materialized (
        select listings.*
        from pairs
        inner join supplier_feed.full_listings as listings using (kind, source_code, supplier_code)
        where listings.stated_at between pairs.omitted_at and as_of
    ),

    listed as materialized (
        select distinct listings.kind, listings.source_code, listings.supplier_code, unnest(key_hashes) as hash
        from listings
    ),

    doubtful as materialized (
        select distinct listings.kind, listings.source_code, listings.supplier_code, unnest(doubtful_part_hashes) as hash
        from listings
    ),

    newest as (
        (select distinct on (offers.supplier_code, offers.brand_code, offers.part_number, offers.price_type_code,
                offers.break_quantity)
            'supplier_price' as kind, offers.source_code, offers.supplier_code, offers.brand_code, offers.part_number,
            offers.price_type_code, offers.break_quantity, '' as distribution_centre_code,
            offers.price_type_code || ' ' || offers.break_quantity as variant, offers.stated_at
        from supplier_feed.offers
        where offers.stated_at <= as_of
            and offers.supplier_code in (select pairs.supplier_code from pairs where pairs.kind = 'supplier_price')
        order by offers.supplier_code, offers.brand_code, offers.part_number, offers.price_type_code,
            offers.break_quantity, offers.stated_at desc)
        union all
        (select distinct on (availability.supplier_code, availability.brand_code, availability.part_number,
                availability.distribution_centre_code)
            'supplier_availability', availability.source_code, availability.supplier_code, availability.brand_code,
            availability.part_number, '', 0::numeric, availability.distribution_centre_code,
            availability.distribution_centre_code, availability.stated_at
        from supplier_feed.availability
        where availability.stated_at <= as_of
            and availability.supplier_code in (
                select pairs.supplier_code from pairs where pairs.kind = 'supplier_availability'
            )
        order by availability.supplier_code, availability.brand_code, availability.part_number,
            availability.distribution_centre_code, availability.stated_at desc)
        union all
        (select distinct on (articles.supplier_code, articles.brand_code, articles.part_number)
            'supplier_catalogue', articles.source_code, articles.supplier_code, articles.brand_code,
            articles.part_number, '', 0::numeric, '', '', articles.stated_at
        from supplier_feed.articles
        where articles.stated_at <= as_of
            and articles.supplier_code in (
                select pairs.supplier_code from pairs where pairs.kind = 'supplier_catalogue'
            )
        order by articles.supplier_code, articles.brand_code, articles.part_number, articles.stated_at desc)
    )

    select newest.kind, newest.supplier_code, newest.brand_code, newest.part_number, newest.price_type_code,
        newest.break_quantity, newest.distribution_centre_code, 'OMITTED', pairs.withdrawn_at
    from newest
    inner join pairs using (kind, source_code, supplier_code)
    where newest.stated_at < pairs.omitted_at
        and not exists (
            select from listed
            where (listed.kind, listed.source_code, listed.supplier_code)
                = (newest.kind, newest.source_code, newest.supplier_code)
                and listed.hash = supplier_feed.key_hash(newest.brand_code, newest.part_number, newest.variant)
        )
        and not exists (
            select from doubtful
            where (doubtful.kind, doubtful.source_code, doubtful.supplier_code)
                = (newest.kind, newest.source_code, newest.supplier_code)
                and doubtful.hash = supplier_feed.key_hash(newest.brand_code, newest.part_number, '')
        )
    union all
    select 'supplier_catalogue', deleted.supplier_code, deleted.brand_code, deleted.part_number, '', 0, '',
        'DELETED', deleted.stated_at
    from (
        select distinct on (articles.supplier_code, articles.brand_code, articles.part_number)
            articles.supplier_code, articles.brand_code, articles.part_number, articles.stated_at,
            articles.maintenance_code
        from supplier_feed.articles
        where articles.stated_at <= as_of
        order by articles.supplier_code, articles.brand_code, articles.part_number, articles.stated_at desc
    ) as deleted
    where deleted.maintenance_code = 'D'
$$;
comment on function supplier_feed.withdrawn_at is 'What suppliers no longer have at a moment: left out of their last two FULL files and not stated since, or deleted by name.';
create view supplier_feed.withdrawn as select * from supplier_feed.withdrawn_at(now());
comment on view supplier_feed.withdrawn is 'One row per offer, availability or article that is withdrawn now.';

create table supplier_feed.line_holds (
    line_hold_id uuid primary key,
    kind text not null,
    reason_code text not null check (reason_code in ('PRICE_JUMP', 'IDENTITY_CHANGE')),
    supplier_code text not null,
    brand_code text not null,
    part_number text not null,
    price_type_code text not null,
    break_quantity numeric(14, 3) not null,
    stated_at timestamptz not null,
    details jsonb not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    recorded_at timestamptz not null
);
comment on table supplier_feed.line_holds is 'One row per stored line and reason that a person has to look at before it counts. Derived from the lines and the decisions: one that no longer applies goes.';
create index line_holds_by_line on supplier_feed.line_holds (supplier_code, brand_code, part_number);
create index line_holds_by_batch on supplier_feed.line_holds (batch_id);
create index decisions_by_line_hold on ingest.decisions (((subject ->> 'line_hold_id')::uuid)) where subject_code = 'OFFER';

create function supplier_feed.line_hold_id(
    kind text, reason_code text, supplier_code text, brand_code text, part_number text, price_type_code text,
    break_quantity numeric, stated_at timestamptz
) returns uuid
    language sql immutable parallel safe
    return md5(concat_ws(chr(31), line_hold_id.kind, line_hold_id.reason_code, line_hold_id.supplier_code,
        line_hold_id.brand_code, line_hold_id.part_number, line_hold_id.price_type_code, line_hold_id.break_quantity,
        extract(epoch from line_hold_id.stated_at)))::uuid;

create function supplier_feed.line_decision(line_hold_id uuid) returns text
    language sql stable
    return (
        select decision_code from ingest.decisions
        where subject_code = 'OFFER' and (subject ->> 'line_hold_id')::uuid = line_decision.line_hold_id
        order by recorded_at desc, decision_id desc
        limit 1
    );

create view supplier_feed.line_hold_states as
select line_holds.*,
    case supplier_feed.line_decision(line_hold_id)
        when 'RELEASE' then 'RELEASED' when 'DISCARD' then 'DISCARDED' else 'OPEN'
    end as status_code
from supplier_feed.line_holds;
comment on view supplier_feed.line_hold_states is 'One row per held line and reason, with what a person decided: OPEN, RELEASED or DISCARDED. Only a released line counts.';

create function supplier_feed.is_price_jump(last_amount numeric, amount numeric, limit_pct numeric) returns boolean
    language sql immutable parallel safe
    return amount = 0 or coalesce(coalesce(last_amount, 0) <> 0 and abs(amount - last_amount) * 100 > limit_pct * last_amount, false);

create function supplier_feed.next_good_amount(last_amount numeric, amount numeric, limit_pct numeric, decision_code text)
    returns numeric
    language sql immutable parallel safe
    return case
        when decision_code = 'RELEASE' then amount
        when decision_code = 'DISCARD' or supplier_feed.is_price_jump(last_amount, amount, limit_pct) then last_amount
        else amount
    end;

create aggregate supplier_feed.last_good_amount(amount numeric, limit_pct numeric, decision_code text) (
    sfunc = supplier_feed.next_good_amount, stype = numeric, parallel = safe
);
comment on aggregate supplier_feed.last_good_amount(numeric, numeric, text) is 'The last price of a series in the order of its statements that is not held.';

create function supplier_feed.next_good_text(last_text text, said text, decision_code text) returns text
    language sql immutable parallel safe
    return case
        when decision_code = 'RELEASE' then coalesce(said, last_text)
        when decision_code = 'DISCARD' then last_text
        else coalesce(last_text, said)
    end;

create aggregate supplier_feed.last_good_text(said text, decision_code text) (
    sfunc = supplier_feed.next_good_text, stype = text, parallel = safe
);
comment on aggregate supplier_feed.last_good_text(text, text) is 'The last value of a series in the order of its statements that is not held; no value changes nothing.';

grant select, insert, delete on ingest.awaited_references to partsbay_pipeline;
grant select, insert on supplier_feed.full_listings to partsbay_pipeline;
grant update (key_hashes, doubtful_part_hashes, is_complete) on supplier_feed.full_listings to partsbay_pipeline;
grant select, insert, delete on supplier_feed.line_holds to partsbay_pipeline;
grant select on ingest.sequence_gaps, supplier_feed.withdrawn, supplier_feed.line_hold_states to partsbay_pipeline;
grant select on ingest.awaited_references, supplier_feed.full_listings, supplier_feed.line_holds
    to partsbay_replication;
alter publication pub_ingest add table ingest.awaited_references;
alter publication pub_supplier_feed add table supplier_feed.full_listings, supplier_feed.line_holds;

-- -------------------------------------------------- QUARANTINE: repair

alter table ingest.quarantined_rows
    add column repairs_batch_id uuid references ingest.batches,
    add column repairs_line_number bigint,
    add check ((repairs_batch_id is null) = (repairs_line_number is null));
comment on column ingest.quarantined_rows.repaired_by_batch_id is 'The batch whose row stands for this one now; with status FIXED while that batch is held.';
comment on column ingest.quarantined_rows.repairs_batch_id is 'Of a refused row of a repair: the batch of the row that it was to repair.';
create index quarantined_rows_repairs on ingest.quarantined_rows (repairs_batch_id, repairs_line_number)
    where repairs_batch_id is not null;
grant update (repairs_batch_id, repairs_line_number) on ingest.quarantined_rows to partsbay_pipeline;
create index quarantined_rows_open on ingest.quarantined_rows (batch_id) where status = 'OPEN';
create index decisions_by_batch on ingest.decisions (batch_id);
create index batches_repairs on ingest.batches ((controls ->> 'repairs')) where controls ? 'repairs';
create index batches_by_arrival on ingest.batches (source_code, kind, received_at);

-- -------------------------------------------------- ARRIVAL: inboxes

create table ingest.arrivals (
    arrival_id uuid primary key default uuidv7(),
    inbox_name text not null,
    path text not null,
    version text not null,
    batch_id uuid not null references ingest.batches,
    arrived_at timestamptz not null default now()
);
comment on table ingest.arrivals is 'One row per version of a file that was taken out of an inbox: a look at old files reads none of them. A shortcut beside the ledger. Append-only.';
create index arrivals_newest on ingest.arrivals (inbox_name, path, arrival_id desc) include (version);

create table ingest.sightings (
    inbox_name text not null,
    path text not null,
    version text not null,
    byte_count bigint not null,
    first_seen_at timestamptz not null default now(),
    reason text,
    primary key (inbox_name, path)
);
comment on table ingest.sightings is 'One row per file of an inbox that was seen and not taken yet: since when it is as it is, and why it waits.';

create table ingest.inboxes (
    inbox_name text primary key,
    looked_at timestamptz not null,
    answered_at timestamptz,
    entry_count bigint not null,
    waiting_count bigint not null,
    fault text
);
comment on table ingest.inboxes is 'One row per inbox: when it was last looked at, when it last answered, and what is wrong with it.';

grant select, insert on ingest.arrivals to partsbay_pipeline;
grant select, insert, update, delete on ingest.sightings, ingest.inboxes to partsbay_pipeline;
grant select on ingest.arrivals to partsbay_replication;
-- Sightings and inboxes describe the last look of this region, so they stay in it.
alter publication pub_ingest add table ingest.arrivals;

-- -------------------------------------------------- SPEED

-- Rows of a supplier's feed are copied straight into their table. What is equal on all rows of a batch is a default:
-- who said so and when we came to know, from settings of the transaction, and what the contract says of a column
-- that the file lacks. Declared immutable, though they are not, so that COPY asks once instead of for every row; an
-- insert that leaves one of these columns out fails where no batch is being loaded.
create function ingest.loading_batch_id() returns uuid
    language sql immutable
    return current_setting('partsbay.batch_id')::uuid;
comment on function ingest.loading_batch_id is 'The batch that this transaction loads; an error outside of a load.';
create function ingest.loading_source_code() returns text
    language sql immutable
    return current_setting('partsbay.source_code');
comment on function ingest.loading_source_code is 'The sender of the batch that this transaction loads; an error outside of a load.';
create function ingest.loading_received_at() returns timestamptz
    language sql immutable
    return current_setting('partsbay.received_at')::timestamptz;
comment on function ingest.loading_received_at is 'When the batch that this transaction loads was received; an error outside of a load.';

alter table supplier_feed.offers
    alter column source_code set default ingest.loading_source_code(),
    alter column batch_id set default ingest.loading_batch_id(),
    alter column recorded_at set default ingest.loading_received_at(),
    alter column price_type_code set default 'INSTALLER',
    alter column break_quantity set default 1,
    alter column price_uom_code set default 'EA',
    alter column minimum_order_quantity set default 1,
    alter column pack_quantity set default 1,
    alter column order_multiple_quantity set default 1,
    alter column lifecycle_code set default '2';
alter table supplier_feed.availability
    alter column source_code set default ingest.loading_source_code(),
    alter column batch_id set default ingest.loading_batch_id(),
    alter column recorded_at set default ingest.loading_received_at(),
    alter column distribution_centre_code set default 'MAIN';
alter table supplier_feed.articles
    alter column source_code set default ingest.loading_source_code(),
    alter column batch_id set default ingest.loading_batch_id(),
    alter column recorded_at set default ingest.loading_received_at(),
    alter column maintenance_code set default 'A',
    alter column lifecycle_code set default '2',
    alter column pack_quantity set default 1,
    alter column minimum_order_quantity set default 1,
    alter column order_multiple_quantity set default 1;
alter table supplier_feed.interchanges
    alter column source_code set default ingest.loading_source_code(),
    alter column batch_id set default ingest.loading_batch_id(),
    alter column recorded_at set default ingest.loading_received_at(),
    alter column interchange_type_code set default 'EQUIVALENT',
    alter column quantity set default 1;
