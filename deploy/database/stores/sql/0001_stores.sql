-- The seven stores, the ingest ledger and the serving tables of one region.
-- The same statements run in both regions; dbt builds none of these tables.
--
-- Every stored line carries the same record columns:
--   source_code, batch_id, line_number   which line of which file said so
--   event_at                             when it happened in the world
--   recorded_at                          when we came to know of it
--   idempotency_key, payload_hash        sha-256 of what identifies the line, and of what it says
-- Surrogate keys are uuidv7, which two regions can both hand out; there is no sequence to carry over.

create schema catalogue;
create schema supplier_feed;
create schema garage_inventory;
create schema reservation;
create schema replenishment;
create schema quality_hold;
create schema audit;
create schema ingest;
create schema serving;

-- ---------------------------------------------------------------- ingest

create table ingest.batches (
    batch_id uuid primary key default uuidv7(),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    kind text not null,
    source_code text not null,
    file_name text not null,
    byte_count bigint not null,
    received_at timestamptz not null,
    state text not null default 'LANDED'
        check (state in ('LANDED', 'ACCEPTED', 'ACCEPTED_WITH_QUARANTINE', 'HELD', 'REJECTED')),
    rows_read bigint not null default 0,
    rows_accepted bigint not null default 0,
    rows_duplicate bigint not null default 0,
    rows_quarantined bigint not null default 0,
    rows_held bigint not null default 0,
    error_code text,
    error text,
    rule_version text,
    attempt_count integer not null default 0,
    finished_at timestamptz,
    unique (source_code, kind, sha256),
    check (rows_read = rows_accepted + rows_duplicate + rows_quarantined + rows_held)
);
comment on table ingest.batches is 'One row per landed batch: one file or message as sent, once per source, kind and content.';
create index batches_waiting on ingest.batches (received_at) where state = 'LANDED';

create table ingest.deliveries (
    delivery_id uuid primary key default uuidv7(),
    batch_id uuid not null references ingest.batches,
    file_name text not null,
    delivered_at timestamptz not null default now(),
    is_repeat boolean not null
);
comment on table ingest.deliveries is 'One row per arrival of a file; the same bytes again arrive as a repeat and change nothing.';

create table ingest.quarantined_rows (
    quarantined_row_id uuid primary key default uuidv7(),
    batch_id uuid not null references ingest.batches,
    line_number bigint not null,
    raw text not null,
    reasons text[] not null check (cardinality(reasons) > 0),
    rule_version text not null,
    status text not null default 'OPEN' check (status in ('OPEN', 'FIXED', 'REPLAYED', 'DISCARDED')),
    status_reason text,
    recorded_at timestamptz not null default now(),
    unique (batch_id, line_number)
);
comment on table ingest.quarantined_rows is 'One row per bad row of a batch: raw text, line number in the file, every reason as CODE: words.';

create table ingest.check_results (
    check_result_id uuid primary key default uuidv7(),
    checked_at timestamptz not null default now(),
    run_id text,
    batch_id uuid,
    origin text not null check (origin in ('gx', 'dbt', 'dagster')),
    asset_name text not null,
    check_name text not null,
    column_name text,
    severity text not null,
    is_success boolean not null,
    evaluated_count bigint,
    failed_count bigint,
    details jsonb not null default '{}'
);
comment on table ingest.check_results is 'One row per check ever run, whoever ran it: Great Expectations, dbt or Dagster.';

create table ingest.generations (
    generation_id uuid primary key default uuidv7(),
    fingerprint text not null,
    as_of_at timestamptz not null,
    run_id text not null,
    published_at timestamptz not null default now(),
    row_counts jsonb not null
);
comment on table ingest.generations is 'One row per published generation of the marts; the fingerprint says from which batches, as-of and models it was made.';

-- ------------------------------------------------------------- catalogue

create table catalogue.garages (
    garage_code text not null,
    valid_from_at timestamptz not null,
    garage_name text not null,
    country_code text not null,
    time_zone text not null,
    currency_code text not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (garage_code, valid_from_at)
);
comment on table catalogue.garages is 'One row per version of a garage; a version never changes.';

create table catalogue.suppliers (
    supplier_code text not null,
    valid_from_at timestamptz not null,
    supplier_name text not null,
    currency_code text not null,
    lead_time_days numeric(6, 2) not null check (lead_time_days >= 0),
    lead_time_sd_days numeric(6, 2) not null default 0 check (lead_time_sd_days >= 0),
    review_days integer not null default 0 check (review_days >= 0),
    minimum_order_amount numeric(14, 4) not null default 0,
    is_active boolean not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, valid_from_at)
);
comment on table catalogue.suppliers is 'One row per version of a supplier with its quoted lead time and spread in days.';

create table catalogue.parts (
    part_id uuid not null,
    valid_from_at timestamptz not null,
    brand_code text not null,
    part_number text not null check (length(part_number) between 1 and 48),
    part_key text not null,
    description text not null,
    category_code text not null,
    base_uom_code text not null,
    lifecycle_code text not null,
    stocking_class_code text not null,
    criticality_code text not null,
    unit_cost_amount numeric(14, 4),
    currency_code text,
    gtin text,
    superseded_by_part_number text,
    shelf_life_days integer,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (part_id, valid_from_at)
);
comment on table catalogue.parts is 'One row per version of a part. part_id is md5 of brand_code|part_key; part_key is the part number in upper case without punctuation, and is what files are matched on.';
create index parts_by_key on catalogue.parts (brand_code, part_key);

create function catalogue.part_key(part_number text) returns text
    language sql immutable parallel safe strict
    return upper(regexp_replace(part_number, '[^[:alnum:]]', '', 'g'));

create function catalogue.part_id(brand_code text, part_number text) returns uuid
    language sql immutable parallel safe strict
    return md5(upper(brand_code) || '|' || upper(regexp_replace(part_number, '[^[:alnum:]]', '', 'g')))::uuid;

-- --------------------------------------------------------- supplier_feed

create table supplier_feed.offers (
    supplier_code text not null,
    brand_code text not null,
    part_number text not null check (length(part_number) between 1 and 48),
    price_type_code text not null,
    break_quantity numeric(14, 3) not null,
    stated_at timestamptz not null,
    supplier_part_number text,
    unit_price_amount numeric(14, 4) not null check (unit_price_amount >= 0),
    currency_code text not null,
    price_uom_code text not null,
    minimum_order_quantity numeric(14, 3) not null,
    pack_quantity numeric(14, 3) not null,
    order_multiple_quantity numeric(14, 3) not null,
    maximum_order_quantity numeric(14, 3),
    lead_time_days numeric(6, 2),
    effective_from_on date,
    effective_to_on date,
    lifecycle_code text not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at)
);
comment on table supplier_feed.offers is 'One row per offer line a supplier ever stated: part, price type and quantity break, as of the moment of the statement. Prices are per price_uom_code, quantities in base units.';

create table supplier_feed.availability (
    supplier_code text not null,
    brand_code text not null,
    part_number text not null check (length(part_number) between 1 and 48),
    distribution_centre_code text not null,
    stated_at timestamptz not null,
    available_quantity numeric(14, 3),
    availability_code text not null,
    next_receipt_on date,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, brand_code, part_number, distribution_centre_code, stated_at)
);
comment on table supplier_feed.availability is 'One row per availability statement of a supplier for a part at a distribution centre.';

-- ------------------------------------------------------ garage_inventory

create table garage_inventory.counts (
    count_line_id uuid primary key default uuidv7(),
    count_number text not null,
    garage_code text not null,
    part_id uuid not null,
    lot_number text,
    condition_code text not null,
    bin_code text,
    counted_quantity numeric(14, 3) not null check (counted_quantity >= 0),
    uom_code text not null,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    idempotency_key bytea not null unique,
    payload_hash bytea not null,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table garage_inventory.counts is 'One row per counted line; event_at is when it was counted. Counts reset the balance of their cell from that moment on (F1).';
create index counts_by_cell on garage_inventory.counts (garage_code, part_id, event_at);

create table garage_inventory.usage_lines (
    usage_line_id uuid primary key default uuidv7(),
    garage_code text not null,
    work_order_number text not null,
    work_order_line text not null,
    part_id uuid not null,
    lot_number text,
    usage_type_code text not null,
    quantity numeric(14, 3) not null check (quantity > 0),
    uom_code text not null,
    unit_price_amount numeric(14, 4),
    is_one_off boolean not null,
    vehicle_ref text,
    shortage_reason_code text,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    idempotency_key bytea not null unique,
    payload_hash bytea not null,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table garage_inventory.usage_lines is 'One row per line of a work order or counter sale, lost sales and emergency purchases included.';
create index usage_lines_by_cell on garage_inventory.usage_lines (garage_code, part_id, event_at);

create table garage_inventory.adjustments (
    adjustment_line_id uuid primary key default uuidv7(),
    adjustment_number text not null,
    adjustment_line text not null,
    garage_code text not null,
    part_id uuid not null,
    lot_number text,
    condition_code text not null,
    direction_code text not null check (direction_code in ('IN', 'OUT')),
    quantity numeric(14, 3) not null check (quantity > 0),
    uom_code text not null,
    adjustment_reason_code text not null,
    reason_note text,
    approval_code text not null,
    approver text,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    idempotency_key bytea not null unique,
    payload_hash bytea not null,
    actor text not null,
    recorded_at timestamptz not null default now(),
    check (approver is distinct from actor)
);
comment on table garage_inventory.adjustments is 'One row per adjustment line, with the reason that the garage gave. A PENDING or REJECTED line moves no stock.';

create table garage_inventory.movements (
    movement_id uuid primary key default uuidv7(),
    garage_code text not null,
    part_id uuid not null,
    lot_number text,
    condition_code text not null,
    movement_type_code text not null,
    quantity numeric(14, 3) not null check (quantity <> 0),
    reason_code text not null,
    document_number text not null,
    document_line text not null,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    idempotency_key bytea not null unique,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table garage_inventory.movements is 'One row per stock movement, signed: positive into stock, negative out of it. Append-only.';
create index movements_by_cell on garage_inventory.movements (garage_code, part_id, event_at);

-- ----------------------------------------------------------- reservation

create table reservation.events (
    event_id uuid primary key default uuidv7(),
    reservation_number text not null,
    sequence_number integer not null,
    event_type_code text not null,
    garage_code text not null,
    part_id uuid not null,
    lot_number text,
    quantity numeric(14, 3) not null check (quantity >= 0),
    work_order_number text not null,
    work_order_line text not null,
    priority integer not null check (priority between 1 and 9),
    need_by_at timestamptz,
    expires_at timestamptz,
    reason text,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    idempotency_key bytea not null unique,
    payload_hash bytea not null,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table reservation.events is 'One row per event of a reservation; the state of a reservation is the fold of its events. Append-only.';
create index events_by_cell on reservation.events (garage_code, part_id, event_at);

-- ---------------------------------------------------------- quality_hold

create table quality_hold.events (
    event_id uuid primary key default uuidv7(),
    hold_number text not null,
    sequence_number integer not null,
    event_type_code text not null,
    scope_code text not null,
    garage_code text not null,
    part_id uuid not null,
    lot_number text,
    quantity numeric(14, 3) not null check (quantity >= 0),
    hold_reason_code text not null,
    severity_code text not null,
    due_at timestamptz,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    idempotency_key bytea not null unique,
    payload_hash bytea not null,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table quality_hold.events is 'One row per event of a quality hold; the open quantity of a hold is the fold of its events. Append-only.';
create index events_by_cell on quality_hold.events (garage_code, part_id, event_at);

-- --------------------------------------------------------- replenishment

create table replenishment.forecasts (
    garage_code text not null,
    part_id uuid not null,
    as_of_on date not null,
    method_code text not null,
    demand_class_code text not null,
    daily_mean_quantity numeric(18, 9) not null check (daily_mean_quantity >= 0),
    history_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (garage_code, part_id, as_of_on, history_hash)
);
comment on table replenishment.forecasts is 'One row per garage, part, as-of day and demand series: mean daily demand in base units by the method named. history_hash is of the series it was made from, so that late demand adds a row and changes none.';

create table replenishment.proposals (
    proposal_id uuid not null,
    revision_number integer not null,
    as_of_at timestamptz not null,
    line_type_code text not null,
    garage_code text not null,
    part_id uuid not null,
    supplier_code text,
    quantity numeric(14, 3) not null,
    unit_price_amount numeric(14, 4),
    currency_code text,
    status_code text not null,
    change_code text not null check (change_code in ('NEW', 'CHANGED', 'GONE')),
    explanation jsonb not null,
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (proposal_id, revision_number)
);
comment on table replenishment.proposals is 'One row per revision of a proposal. proposal_id is stable for garage, part and line type; a run that finds the same numbers adds nothing.';

create table replenishment.messages (
    message_id uuid primary key default uuidv7(),
    topic_code text not null,
    deduplication_key text not null,
    payload jsonb not null,
    visible_at timestamptz not null default now(),
    attempt_count integer not null default 0,
    status_code text not null default 'READY',
    last_error text,
    recorded_at timestamptz not null default now(),
    unique (topic_code, deduplication_key)
);
comment on table replenishment.messages is 'One row per queue message about a proposal, once per topic and deduplication key.';

-- ----------------------------------------------------------------- audit

create table audit.records (
    record_id uuid not null default uuidv7(),
    stream_code text not null,
    sequence_number bigint not null,
    actor text not null,
    action_code text not null,
    relation_name text not null,
    batch_id uuid,
    row_count bigint not null,
    content_hash bytea,
    details jsonb not null default '{}',
    recorded_at timestamptz not null,
    previous_hash bytea not null,
    record_hash bytea not null,
    primary key (stream_code, sequence_number)
);
comment on table audit.records is 'One row per change of a store, chained by hash within its stream. Written by audit.append alone, in the transaction of the change.';

create table audit.heads (
    stream_code text primary key,
    sequence_number bigint not null,
    record_hash bytea not null
);
comment on table audit.heads is 'One row per stream: the last sequence number and hash of its chain.';

create function audit.hash_of(record audit.records) returns bytea
    language sql stable
    set search_path = pg_catalog
    return sha256(record.previous_hash || convert_to(jsonb_build_array(
        record.stream_code, record.sequence_number, record.actor, record.action_code, record.relation_name,
        record.batch_id, record.row_count, encode(record.content_hash, 'hex'), record.details,
        to_char(record.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    )::text, 'UTF8'));

create function audit.append(
    stream_code text, actor text, action_code text, relation_name text,
    batch_id uuid, row_count bigint, content_hash bytea, details jsonb
) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    head audit.heads;
    record audit.records;
begin
    insert into audit.heads values (append.stream_code, 0, '\x00') on conflict do nothing;
    select * into head from audit.heads where heads.stream_code = append.stream_code for update;
    record.record_id := uuidv7();
    record.stream_code := append.stream_code;
    record.sequence_number := head.sequence_number + 1;
    record.actor := append.actor;
    record.action_code := append.action_code;
    record.relation_name := append.relation_name;
    record.batch_id := append.batch_id;
    record.row_count := append.row_count;
    record.content_hash := append.content_hash;
    record.details := append.details;
    record.recorded_at := clock_timestamp();
    record.previous_hash := head.record_hash;
    record.record_hash := audit.hash_of(record);
    insert into audit.records select record.*;
    update audit.heads set sequence_number = record.sequence_number, record_hash = record.record_hash
        where heads.stream_code = append.stream_code;
    return record.sequence_number;
end
$$;
comment on function audit.append is 'Append one record to a stream and return its sequence number. Writers of one stream wait for each other until commit.';

create function audit.breaches() returns table (stream_code text, sequence_number bigint, breach text)
    language sql stable
    set search_path = pg_catalog
as $$
    with chained as (
        select
            records,
            lag(records.record_hash, 1, '\x00'::bytea) over chain as expected_previous_hash,
            row_number() over chain as expected_sequence_number
        from audit.records
        window chain as (partition by records.stream_code order by records.sequence_number)
    )
    select (records).stream_code, (records).sequence_number,
        case
            when (records).sequence_number <> expected_sequence_number then 'a record before this one is missing'
            when (records).previous_hash <> expected_previous_hash then 'not chained to the record before it'
            else 'the record was edited'
        end
    from chained
    where (records).sequence_number <> expected_sequence_number
        or (records).previous_hash <> expected_previous_hash
        or (records).record_hash <> audit.hash_of(records)
    union all
    select heads.stream_code, heads.sequence_number, 'the head of the chain is not its last record'
    from audit.heads
    where not exists (
        select from audit.records
        where records.stream_code = heads.stream_code
            and records.sequence_number = heads.sequence_number
            and records.record_hash = heads.record_hash
    )
$$;

-- --------------------------------------------------------------- serving

create table serving.stock_positions (
    garage_code text not null,
    part_id uuid not null,
    brand_code text not null,
    part_number text not null,
    on_hand_quantity numeric(14, 3) not null,
    held_quantity numeric(14, 3) not null,
    reserved_quantity numeric(14, 3) not null,
    available_quantity numeric(14, 3) not null,
    available_raw_quantity numeric(14, 3) not null,
    on_order_quantity numeric(14, 3) not null,
    as_of_at timestamptz not null,
    primary key (garage_code, part_id)
);
comment on table serving.stock_positions is 'One row per garage and part, lots and conditions folded. as_of_at is the as-of of the generation that last changed the row; serving.generation has the as-of of the whole table.';

create table serving.replenishment_needs (
    garage_code text not null,
    part_id uuid not null,
    brand_code text not null,
    part_number text not null,
    reorder_point_quantity numeric(14, 3) not null,
    inventory_position_quantity numeric(14, 3) not null,
    proposed_quantity numeric(14, 3) not null,
    supplier_code text,
    line_amount numeric(16, 4),
    currency_code text,
    outcome_code text not null,
    as_of_at timestamptz not null,
    primary key (garage_code, part_id)
);
comment on table serving.replenishment_needs is 'One row per garage and part below its reorder point: what is proposed, or by outcome_code why nothing is.';

create table serving.generation (
    is_only boolean primary key default true check (is_only),
    generation_id uuid not null,
    as_of_at timestamptz not null,
    served_at timestamptz not null
);
comment on table serving.generation is 'One row: which generation the serving tables show.';

-- ---------------------------------------------------------------- grants

revoke all on schema public from public;
do $$ begin execute format('revoke all on database %I from public', current_database()); end $$;
do $$ begin execute format('grant connect, temporary on database %I to partsbay_pipeline', current_database()); end $$;
do $$ begin execute format('grant connect on database %I to partsbay_analyst, partsbay_replication', current_database()); end $$;

-- dbt builds these four and nothing else; they are neither stores nor replicated.
create schema staging;
create schema intermediate;
create schema marts;
create schema reports;
grant usage, create on schema staging, intermediate, marts, reports to partsbay_pipeline;

grant usage on schema catalogue, supplier_feed, garage_inventory, reservation, replenishment,
    quality_hold, audit, ingest, serving to partsbay_pipeline, partsbay_replication;

-- Ledgers are append-only by right, not by good manners.
grant select, insert on all tables in schema catalogue, supplier_feed, garage_inventory, reservation,
    replenishment, quality_hold, ingest to partsbay_pipeline;
grant update (state, rows_read, rows_accepted, rows_duplicate, rows_quarantined, rows_held, error_code, error,
    rule_version, attempt_count, finished_at) on ingest.batches to partsbay_pipeline;
grant update (status, status_reason) on ingest.quarantined_rows to partsbay_pipeline;
grant update (visible_at, attempt_count, status_code, last_error) on replenishment.messages to partsbay_pipeline;
grant select on all tables in schema audit to partsbay_pipeline;
revoke execute on all functions in schema audit from public;
grant execute on all functions in schema audit to partsbay_pipeline;
grant select, insert, update, delete on all tables in schema serving to partsbay_pipeline;

grant usage on schema serving to partsbay_analyst;
grant select on all tables in schema serving to partsbay_analyst;

grant select on all tables in schema catalogue, supplier_feed, garage_inventory, reservation,
    replenishment, quality_hold, audit, ingest, serving to partsbay_replication;

-- ---------------------------------------------------------- publications
-- One per store, in both regions. A migration that adds a table adds it here too.

create publication pub_catalogue for table catalogue.garages, catalogue.suppliers, catalogue.parts;
create publication pub_supplier_feed for table supplier_feed.offers, supplier_feed.availability;
create publication pub_garage_inventory for table garage_inventory.counts, garage_inventory.usage_lines,
    garage_inventory.adjustments, garage_inventory.movements;
create publication pub_reservation for table reservation.events;
create publication pub_replenishment for table replenishment.forecasts, replenishment.proposals, replenishment.messages;
create publication pub_quality_hold for table quality_hold.events;
create publication pub_audit for table audit.records, audit.heads;
create publication pub_ingest for table ingest.batches, ingest.deliveries, ingest.quarantined_rows,
    ingest.check_results, ingest.generations;
create publication pub_serving for table serving.stock_positions, serving.replenishment_needs, serving.generation;
