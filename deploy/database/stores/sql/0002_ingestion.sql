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

-- -------------------------------------------------- QUARANTINE: repair

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
