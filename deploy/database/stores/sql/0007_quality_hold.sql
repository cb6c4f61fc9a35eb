-- Hold rules, campaigns and automatic holds.
--
-- A hold is a rule (what it covers, and whether it also covers what arrives later) and events per cell (what became
-- of the units). Partsbay numbers the events of a hold within each cell, so that writers of different positions
-- never wait for each other.
--
-- Quantities of several holds on one cell add up, and never count for more than is there (F2): whatever arrives
-- in a cell with more open than on hand is held until those holds are settled.

-- ---------------------------------------------------------------- events

alter table quality_hold.events
    add column campaign_number text,
    add column inspector text,
    add column verdict_code text check (verdict_code in ('ACCEPT', 'REJECT', 'USE_AS_IS', 'PENDING')),
    add column disposition_code text,
    add column supplier_claim_number text,
    add column evidence_ref text,
    add column reason text,
    add column operation_id text,
    add column stated_quantity numeric(14, 3);
comment on column quality_hold.events.operation_id is 'Names one act of a person or program; the same act again answers as the first time.';
comment on column quality_hold.events.stated_quantity is 'What a line of a file said without a lot, where the stock is in lots: its quantity, of which the event is a share.';
create index events_by_operation on quality_hold.events (hold_number, operation_id) where operation_id is not null;
create index events_caused_by_hold on reservation.events (caused_by_number) where caused_by_code = 'HOLD';

-- What leaves stock from a hold has no file of its own.
alter table garage_inventory.movements
    alter column batch_id drop not null,
    alter column line_number drop not null;

create table quality_hold.reason_limits (
    hold_reason_code text not null,
    valid_from_at timestamptz not null,
    due_days integer not null check (due_days > 0),
    source_code text not null,
    actor text not null,
    recorded_at timestamptz not null default now(),
    primary key (hold_reason_code, valid_from_at, recorded_at)
);
comment on table quality_hold.reason_limits is 'One row per hold reason and moment from which it holds: within how many days such a hold must be decided. Append-only.';

-- The same in every region, so no rows of a table that regions copy from each other.
create view quality_hold.reason_limits_in_use as
select hold_reason_code, valid_from_at, recorded_at, due_days
from quality_hold.reason_limits
union all
select defaults.hold_reason_code, '-infinity', '-infinity', defaults.due_days
from (
    values
        ('INCOMING_INSPECTION', 3),
        ('SUPPLIER_RECALL', 14),
        ('SAFETY_CAMPAIGN', 7),
        ('SUSPECT_COUNTERFEIT', 14),
        ('DAMAGE_IN_TRANSIT', 7),
        ('PACKAGING', 14),
        ('WRONG_PART', 7),
        ('EXPIRED', 30),
        ('EXPIRY_NEAR', 30),
        ('TEMPERATURE', 3),
        ('CUSTOMER_COMPLAINT', 14),
        ('COUNT_DISPUTE', 3),
        ('DOCUMENT_MISSING', 7),
        ('PRICE_DISPUTE', 30),
        ('FEED_QUALITY', 7),
        ('CORE_INSPECTION', 14)
) as defaults (hold_reason_code, due_days);
comment on view quality_hold.reason_limits_in_use is 'One row per limit that was ever stated, and the defaults.';

create function quality_hold.due_by(hold_reason_code text, placed_at timestamptz) returns timestamptz
    language sql stable
    set search_path = pg_catalog
as $$
    select due_by.placed_at + make_interval(days => limits.due_days)
    from quality_hold.reason_limits_in_use as limits
    where limits.hold_reason_code = due_by.hold_reason_code and limits.valid_from_at <= due_by.placed_at
    order by limits.valid_from_at desc, limits.recorded_at desc
    limit 1
$$;
comment on function quality_hold.due_by is 'When a hold placed then must be decided, by the limit of its reason.';

-- ----------------------------------------------------------------- rules

create table quality_hold.rules (
    hold_number text not null,
    sequence_number integer not null check (sequence_number > 0),
    event_type_code text not null check (event_type_code in ('OPENED', 'CLOSED')),
    scope_code text not null check (scope_code in ('LOT', 'CELL', 'PART', 'SUPPLIER_LOT_RANGE', 'CAMPAIGN')),
    campaign_number text,
    automatic_code text,
    garage_code text,
    part_id uuid,
    condition_code text,
    lot_number text,
    lot_from_number text,
    lot_to_number text,
    manufactured_from_on date,
    manufactured_to_on date,
    supplier_code text,
    includes_unknown boolean not null,
    quantity numeric(14, 3) check (quantity > 0),
    is_open boolean not null,
    expires_on date,
    subject text,
    hold_reason_code text not null,
    severity_code text not null,
    due_at timestamptz,
    reason text,
    evidence_ref text,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    idempotency_key bytea not null unique,
    payload_hash bytea not null,
    actor text not null,
    recorded_at timestamptz not null,
    primary key (hold_number, sequence_number)
);
comment on table quality_hold.rules is 'One row per event of the rule of a hold: OPENED says what it covers (empty is any), CLOSED ends it. Append-only.';
comment on column quality_hold.rules.is_open is 'Whether the rule also holds what arrives later.';
comment on column quality_hold.rules.includes_unknown is 'Whether stock counts as covered whose lot, supplier or date of manufacture nobody knows.';
comment on column quality_hold.rules.automatic_code is 'The automatic rule that placed the hold.';
comment on column quality_hold.rules.expires_on is 'The expiry that an automatic hold rests on.';
comment on column quality_hold.rules.subject is 'What an automatic hold rests on beside that: the count or the line that waits.';
create index rules_by_part on quality_hold.rules (part_id) where event_type_code = 'OPENED' and is_open;
create index rules_by_campaign on quality_hold.rules (campaign_number) where event_type_code = 'OPENED';

create function quality_hold.open_rules() returns setof quality_hold.rules
    language sql stable
as $$
    select rules.*
    from quality_hold.rules
    where rules.event_type_code = 'OPENED' and rules.is_open
        and not exists (
            select from quality_hold.rules as closed
            where closed.hold_number = rules.hold_number and closed.event_type_code = 'CLOSED'
        )
$$;
comment on function quality_hold.open_rules is 'The rules that hold what arrives now.';

create function quality_hold.lot_key(lot_number text) returns text
    language sql immutable parallel safe strict
as $$
    select string_agg(
        case when pieces.piece[1] ~ '^[0-9]' then lpad(pieces.piece[1], greatest(20, length(pieces.piece[1])), '0')
            else pieces.piece[1] end,
        '' order by pieces.place
    ) collate "C"
    from regexp_matches(upper(lot_key.lot_number), '[0-9]+|[^0-9]+', 'g') with ordinality as pieces (piece, place)
$$;
comment on function quality_hold.lot_key is 'A lot number as it sorts in a range: numbers within it by value, so that L9 is before L10.';

create function quality_hold.covers(
    rule quality_hold.rules, garage_code text, part_id uuid, condition_code text, lot_number text,
    supplier_code text, manufactured_on date
) returns boolean
    language sql immutable parallel safe
as $$
    select coalesce(
        ((rule).garage_code is null or (rule).garage_code = covers.garage_code)
        and ((rule).part_id is null or (rule).part_id = covers.part_id)
        and ((rule).condition_code is null or (rule).condition_code = covers.condition_code)
        and ((rule).lot_number is null or (rule).lot_number = covers.lot_number)
        and ((rule).supplier_code is null
            or coalesce((rule).supplier_code = covers.supplier_code, (rule).includes_unknown))
        and (coalesce((rule).lot_from_number, (rule).lot_to_number) is null
            or case coalesce(covers.lot_number, '') when '' then (rule).includes_unknown
                else coalesce(quality_hold.lot_key(covers.lot_number) >= quality_hold.lot_key((rule).lot_from_number), true)
                    and coalesce(quality_hold.lot_key(covers.lot_number) <= quality_hold.lot_key((rule).lot_to_number), true)
            end)
        and (coalesce((rule).manufactured_from_on, (rule).manufactured_to_on) is null
            or case when covers.manufactured_on is null then (rule).includes_unknown
                else coalesce(covers.manufactured_on >= (rule).manufactured_from_on, true)
                    and coalesce(covers.manufactured_on <= (rule).manufactured_to_on, true)
            end),
        false
    )
$$;
comment on function quality_hold.covers is 'Whether a rule covers a cell, by what is known of its lot.';

create view quality_hold.lots_known as
select distinct on (part_id, lot_number) part_id, lot_number, supplier_code, manufactured_on, expires_on, received_at,
    stated_at
from garage_inventory.lots
order by part_id, lot_number, stated_at desc;
comment on view quality_hold.lots_known is 'One row per lot: its newest statement.';

-- -------------------------------------------------------------- entering

create type quality_hold.act as (
    hold_number text, event_type_code text, garage_code text, part_id uuid, condition_code text, lot_number text,
    quantity numeric, due_at timestamptz, event_at timestamptz
);
create type quality_hold.finding as (
    operation_id text, reason text, inspector text, verdict_code text, disposition_code text,
    supplier_claim_number text, evidence_ref text
);

create function quality_hold.event_key(
    hold_number text, garage_code text, part_id uuid, condition_code text, lot_number text, sequence_number bigint
) returns bytea
    language sql immutable parallel safe
    return sha256(convert_to(
        'partsbay|quality_hold|' || hold_number || '|' || garage_code || '|' || part_id || '|' || condition_code || '|'
            || lot_number || '|' || sequence_number, 'UTF8'
    ));

create function quality_hold.enter(
    acts quality_hold.act[], finding quality_hold.finding, recorded_at timestamptz, actor text
) returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    insert into quality_hold.events as entered (
        event_id, hold_number, sequence_number, event_type_code, scope_code, garage_code, part_id, condition_code,
        lot_number, quantity, hold_reason_code, severity_code, due_at, campaign_number, operation_id, reason, inspector,
        verdict_code, disposition_code, supplier_claim_number, evidence_ref, event_at, source_code, idempotency_key,
        payload_hash, actor, recorded_at
    )
    select encode(substring(keys.key for 16), 'hex')::uuid, numbered.hold_number, numbered.sequence_number,
        numbered.event_type_code, coalesce(rules.scope_code, stated.scope_code), numbered.garage_code, numbered.part_id,
        numbered.condition_code, nullif(numbered.lot_number, ''), numbered.quantity,
        coalesce(rules.hold_reason_code, stated.hold_reason_code), coalesce(rules.severity_code, stated.severity_code),
        numbered.due_at, coalesce(rules.campaign_number, stated.campaign_number), (enter.finding).operation_id,
        (enter.finding).reason, (enter.finding).inspector, (enter.finding).verdict_code,
        (enter.finding).disposition_code, (enter.finding).supplier_claim_number, (enter.finding).evidence_ref,
        numbered.event_at, 'partsbay', keys.key, keys.key, enter.actor, enter.recorded_at
    from (
        select act.*,
            coalesce(earlier.sequence_number, 0) + row_number() over (
                partition by act.hold_number, act.part_id, act.garage_code, act.condition_code, act.lot_number
                order by act.place
            ) as sequence_number
        from unnest(enter.acts) with ordinality as act (
            hold_number, event_type_code, garage_code, part_id, condition_code, lot_number, quantity, due_at, event_at,
            place
        )
        left join lateral (
            select max(events.sequence_number) as sequence_number
            from quality_hold.events
            where (events.hold_number, events.part_id, events.garage_code, events.condition_code,
                    coalesce(events.lot_number, ''))
                = (act.hold_number, act.part_id, act.garage_code, act.condition_code, act.lot_number)
        ) as earlier on true
    ) as numbered
    left join quality_hold.rules on rules.hold_number = numbered.hold_number and rules.sequence_number = 1
    left join lateral (
        select events.scope_code, events.hold_reason_code, events.severity_code, events.campaign_number
        from quality_hold.events
        where events.hold_number = numbered.hold_number
        order by events.part_id, events.garage_code, events.sequence_number desc
        limit 1
    ) as stated on rules.hold_number is null
    cross join lateral (
        select quality_hold.event_key(numbered.hold_number, numbered.garage_code, numbered.part_id,
            numbered.condition_code, numbered.lot_number, numbered.sequence_number) as key
    ) as keys
    order by numbered.part_id, numbered.garage_code, numbered.condition_code, numbered.lot_number, numbered.hold_number,
        numbered.sequence_number
    returning entered.*;
end
$$;
comment on function quality_hold.enter is 'Enter what Partsbay does to holds; the positions are locked by the caller, who also settles them.';

create function quality_hold.settle(
    acts quality_hold.act[], happened_at timestamptz, recorded_at timestamptz, caused_by_number text
) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$
    select reservation.follow(array_agg(positions.garage_code), array_agg(positions.part_id), settle.happened_at,
        settle.recorded_at, 'HOLD', settle.caused_by_number)
    from (select distinct act.garage_code, act.part_id from unnest(settle.acts) as act) as positions
    having count(*) > 0
$$;
comment on function quality_hold.settle is 'Let reservations follow what acts on holds did to these cells.';

-- --------------------------------------------------------------- placing

-- Where a hold has a quantity and no lot, stock without a lot goes first, then the lot that would be picked first.
create function quality_hold.place(
    hold_number text, scope_code text, hold_reason_code text, actor text, part_id uuid default null,
    garage_code text default null, condition_code text default null, lot_number text default null,
    quantity numeric default null, supplier_code text default null, lot_from_number text default null,
    lot_to_number text default null, manufactured_from_on date default null, manufactured_to_on date default null,
    includes_unknown boolean default false, is_open boolean default null, campaign_number text default null,
    severity_code text default 'MEDIUM', due_at timestamptz default null, reason text default null,
    evidence_ref text default null, placed_at timestamptz default clock_timestamp()
) returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    rule quality_hold.rules;
    noted timestamptz := clock_timestamp();
    due timestamptz := coalesce(place.due_at, quality_hold.due_by(place.hold_reason_code, place.placed_at));
    part_ids uuid[];
    acts quality_hold.act[];
    missing_quantity numeric;
begin
    perform reservation.refuse_standby();
    perform quality_hold.attribute(place.actor, place.reason);
    perform quality_hold.check_rule(place.scope_code, place.part_id, place.garage_code, place.lot_number, place.quantity,
        place.supplier_code, place.campaign_number, place.includes_unknown, place.is_open);
    if place.placed_at > clock_timestamp() + interval '15 minutes' then
        raise exception 'a hold cannot be placed in the future' using errcode = 'PB045', hint = 'Place it when it is due.';
    end if;
    rule := (place.hold_number, 1, 'OPENED', place.scope_code, place.campaign_number, null, place.garage_code,
        place.part_id, place.condition_code, place.lot_number, place.lot_from_number, place.lot_to_number,
        place.manufactured_from_on, place.manufactured_to_on, place.supplier_code, place.includes_unknown,
        place.quantity, coalesce(place.is_open, place.scope_code <> 'CELL'), null, null, place.hold_reason_code,
        place.severity_code, due, place.reason, place.evidence_ref, place.placed_at, 'partsbay', null, null, null, null,
        place.actor, noted)::quality_hold.rules;
    if not quality_hold.open_rule(rule) then
        return query
        select events.* from quality_hold.events
        inner join quality_hold.rules as known on known.hold_number = events.hold_number
            and known.sequence_number = 1 and known.recorded_at = events.recorded_at
        where events.hold_number = place.hold_number and events.event_type_code = 'PLACED'
        order by events.part_id, events.garage_code, events.sequence_number;
        return;
    end if;

    if place.part_id is not null then
        part_ids := array[place.part_id];
    else
        part_ids := array(
            select distinct lots.part_id
            from quality_hold.lots_known as lots
            where lots.supplier_code = place.supplier_code
                and quality_hold.covers(rule, place.garage_code, lots.part_id, place.condition_code, lots.lot_number,
                    lots.supplier_code, lots.manufactured_on)
        );
    end if;
    -- Also where there is no stock yet: whoever is about to bring some waits here, and then sees the rule.
    perform garage_inventory.lock_positions(array_agg(places.garage_code), array_agg(parts.part_id))
    from unnest(part_ids) as parts (part_id)
    cross join lateral (
        select garages.garage_code from catalogue.garages
        where place.garage_code is null or garages.garage_code = place.garage_code
        union
        select cells.garage_code from garage_inventory.cells
        where cells.part_id = parts.part_id and (place.garage_code is null or cells.garage_code = place.garage_code)
    ) as places;

    select array_agg((place.hold_number, 'PLACED', shares.garage_code, shares.part_id, shares.condition_code,
            shares.lot_number, shares.share_quantity, due, place.placed_at)::quality_hold.act),
        coalesce(place.quantity, 0) - coalesce(sum(shares.share_quantity), 0)
        into acts, missing_quantity
    from (
        select ranked.*, case when place.quantity is null then ranked.on_hand_quantity
            else least(ranked.free_quantity, greatest(place.quantity - ranked.quantity_before, 0)) end as share_quantity
        from (
            select cells.*, free.free_quantity, sum(free.free_quantity) over (
                order by cells.lot_number <> '', cells.expires_on nulls last, cells.received_at nulls last,
                    cells.lot_number, cells.condition_code <> 'NEW', cells.condition_code
                rows unbounded preceding
            ) - free.free_quantity as quantity_before
            from unnest(part_ids) as parts (part_id)
            inner join garage_inventory.cells on cells.part_id = parts.part_id
            left join quality_hold.lots_known as lots
                on lots.part_id = cells.part_id and lots.lot_number = cells.lot_number
            cross join lateral (
                select greatest(cells.on_hand_quantity - cells.hold_quantity, 0) as free_quantity
            ) as free
            where cells.on_hand_quantity > 0 and cells.condition_code <> 'IN_TRANSIT'
                and quality_hold.covers(rule, cells.garage_code, cells.part_id, cells.condition_code, cells.lot_number,
                    lots.supplier_code, lots.manufactured_on)
        ) as ranked
    ) as shares
    where shares.share_quantity > 0;
    if place.quantity is not null and missing_quantity > 0 then
        raise exception 'only % of % are there and not held already', trim_scale(place.quantity - missing_quantity),
            trim_scale(place.quantity)
            using errcode = 'PB043', hint = 'Hold fewer, or the whole cell by leaving the quantity out.';
    end if;
    return query select * from quality_hold.enter(acts, row(null, place.reason, null, null, null, null,
        place.evidence_ref)::quality_hold.finding, noted, place.actor);
    perform quality_hold.settle(acts, place.placed_at, noted, place.hold_number);
end
$$;
comment on function quality_hold.place is 'Place a hold: keep its rule, hold every cell that it covers (whole, or the quantity given, in base units) and move reservations away. The same number again answers as the first time; another content under it is refused (PB040).';

create function quality_hold.check_rule(
    scope_code text, part_id uuid, garage_code text, lot_number text, quantity numeric, supplier_code text,
    campaign_number text, includes_unknown boolean, is_open boolean
) returns void
    language plpgsql immutable
    set search_path = pg_catalog
as $$
declare
    wrong text := case
        when check_rule.scope_code = 'LOT' and (check_rule.part_id is null or check_rule.lot_number is null)
            then 'a hold of a LOT names a part and a lot'
        when check_rule.scope_code = 'CELL' and (check_rule.part_id is null or check_rule.garage_code is null)
            then 'a hold of a CELL names a part and a garage'
        when check_rule.scope_code = 'PART' and check_rule.part_id is null then 'a hold of a PART names it'
        when check_rule.scope_code = 'SUPPLIER_LOT_RANGE' and check_rule.supplier_code is null
            then 'a hold of a SUPPLIER_LOT_RANGE names the supplier'
        when check_rule.scope_code = 'CAMPAIGN' and check_rule.campaign_number is null
            then 'a hold of a CAMPAIGN names its number'
        when coalesce(check_rule.part_id::text, check_rule.supplier_code) is null
            then 'a hold names a part or a supplier'
        when check_rule.includes_unknown and check_rule.part_id is null
            then 'unknown lots can be covered of a part that is named'
        when check_rule.quantity is not null and (check_rule.garage_code is null or check_rule.part_id is null)
            then 'a quantity is held of one part at one garage'
        when check_rule.quantity is not null and check_rule.is_open
            then 'a hold of a quantity does not cover what arrives later'
        when check_rule.quantity <= 0 then 'the quantity is above 0'
    end;
begin
    if wrong is not null then
        raise exception '%', wrong using errcode = 'PB044', hint = 'See partsbay hold place --help.';
    end if;
end
$$;

create function quality_hold.open_rule(rule quality_hold.rules) returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    -- What it covers and why; when it was said and noted may differ in a retry.
    content bytea := sha256(convert_to((to_jsonb(rule) - array['due_at', 'event_at', 'recorded_at', 'idempotency_key',
        'payload_hash', 'actor', 'is_open', 'reason', 'evidence_ref'])::text, 'UTF8'));
    known bytea;
begin
    rule.payload_hash := content;
    rule.idempotency_key := sha256(convert_to('partsbay|quality_hold|rule|' || (rule).hold_number || '|1', 'UTF8'));
    insert into quality_hold.rules select rule.* on conflict do nothing;
    if found then
        if exists (select from quality_hold.holds where holds.hold_number = (rule).hold_number) then
            raise exception 'hold % is there already', (rule).hold_number
                using errcode = 'PB040', hint = 'Use a new hold number.';
        end if;
        return true;
    end if;
    select rules.payload_hash into known from quality_hold.rules
    where rules.hold_number = (rule).hold_number and rules.sequence_number = 1;
    if known <> content then
        raise exception 'hold % covers something else already', (rule).hold_number
            using errcode = 'PB040', hint = 'Use a new hold number.';
    end if;
    return false;
end
$$;

create function quality_hold.close_rules(
    hold_numbers text[], closed_ats timestamptz[], reason text, recorded_at timestamptz, actor text
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    closed_count integer;
begin
    insert into quality_hold.rules
    select closed.*
    from unnest(close_rules.hold_numbers, close_rules.closed_ats) as given (hold_number, closed_at)
    inner join quality_hold.rules as opened on opened.hold_number = given.hold_number and opened.sequence_number = 1
    cross join lateral (
        select sha256(convert_to('partsbay|quality_hold|rule|' || opened.hold_number || '|2', 'UTF8')) as key
    ) as keys
    cross join lateral jsonb_populate_record(opened, jsonb_build_object(
        'sequence_number', 2, 'event_type_code', 'CLOSED', 'reason', close_rules.reason,
        'event_at', greatest(given.closed_at, opened.event_at), 'recorded_at', close_rules.recorded_at,
        'actor', close_rules.actor, 'idempotency_key', keys.key, 'payload_hash', keys.key
    )) as closed
    on conflict do nothing;
    get diagnostics closed_count = row_count;
    return closed_count;
end
$$;
comment on function quality_hold.close_rules is 'End these rules: what arrives from now on is no longer held by them.';

-- ----------------------------------------------------- what becomes of it

create function quality_hold.open_cells(
    hold_number text, garage_code text, part_id uuid, condition_code text, lot_number text
) returns table (
    garage_code text, part_id uuid, condition_code text, lot_number text, open_quantity numeric,
    there_quantity numeric, open_before numeric, there_before numeric
)
    language sql stable
    set search_path = pg_catalog
as $$
    select cells.garage_code, cells.part_id, cells.condition_code, cells.lot_number, holds.open_quantity, there.quantity,
        sum(holds.open_quantity) over picking - holds.open_quantity, sum(there.quantity) over picking - there.quantity
    from quality_hold.holds
    inner join garage_inventory.cells using (part_id, garage_code, condition_code, lot_number)
    cross join lateral (select least(holds.open_quantity, greatest(cells.on_hand_quantity, 0)) as quantity) as there
    where holds.hold_number = open_cells.hold_number and holds.open_quantity > 0
        and (open_cells.garage_code is null or cells.garage_code = open_cells.garage_code)
        and (open_cells.part_id is null or cells.part_id = open_cells.part_id)
        and (open_cells.condition_code is null or cells.condition_code = open_cells.condition_code)
        and (open_cells.lot_number is null or cells.lot_number = open_cells.lot_number)
    window picking as (
        order by cells.garage_code, cells.part_id, cells.lot_number <> '', cells.expires_on nulls last,
            cells.received_at nulls last, cells.lot_number, cells.condition_code
        rows unbounded preceding
    )
$$;
comment on function quality_hold.open_cells is 'Cells of a hold with something open, in the order in which units are taken from it; empty arguments are any.';

create function quality_hold.locked_hold(
    hold_number text, garage_code text, part_id uuid, condition_code text, lot_number text
) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform reservation.refuse_standby();
    if not exists (select from quality_hold.holds where holds.hold_number = locked_hold.hold_number)
        and not exists (select from quality_hold.rules where rules.hold_number = locked_hold.hold_number) then
        raise exception 'there is no hold %', locked_hold.hold_number
            using errcode = 'PB041', hint = 'See partsbay hold list.';
    end if;
    perform garage_inventory.lock_positions(array_agg(holds.garage_code), array_agg(holds.part_id))
    from quality_hold.holds
    where holds.hold_number = locked_hold.hold_number
        and (locked_hold.garage_code is null or holds.garage_code = locked_hold.garage_code)
        and (locked_hold.part_id is null or holds.part_id = locked_hold.part_id);
end
$$;

create function quality_hold.take(
    hold_number text, event_type_code text, quantity numeric, actor text, finding quality_hold.finding default null,
    garage_code text default null, part_id uuid default null, condition_code text default null,
    lot_number text default null, happened_at timestamptz default clock_timestamp()
) returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    noted timestamptz;
    leaves boolean := take.event_type_code in ('SCRAPPED', 'RETURNED_TO_SUPPLIER');
    acts quality_hold.act[];
    entered quality_hold.events[];
    total_quantity numeric;
begin
    if take.event_type_code not in ('PARTIALLY_RELEASED', 'REWORKED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER') then
        raise exception 'units do not leave a hold by %', take.event_type_code
            using errcode = 'PB044', hint = 'Release, scrap, return or rework them.';
    end if;
    perform quality_hold.attribute(take.actor, (take.finding).reason);
    perform quality_hold.locked_hold(take.hold_number, take.garage_code, take.part_id, take.condition_code,
        take.lot_number);
    noted := clock_timestamp();
    if (take.finding).operation_id is not null then
        return query select * from quality_hold.operation(take.hold_number, (take.finding).operation_id,
            take.event_type_code, take.quantity);
        if found then
            return;
        end if;
    end if;

    select sum(case when leaves then cells.there_quantity else cells.open_quantity end) into total_quantity
    from quality_hold.open_cells(take.hold_number, take.garage_code, take.part_id, take.condition_code,
        take.lot_number) as cells;
    if coalesce(total_quantity, 0) = 0 then
        raise exception 'nothing of hold % is open there', take.hold_number
            using errcode = 'PB042', hint = 'See partsbay hold show; what was released is released.';
    end if;
    if take.quantity > total_quantity or take.quantity <= 0 then
        raise exception '% asked for, and % of hold % are open there', trim_scale(take.quantity),
            trim_scale(total_quantity), take.hold_number
            using errcode = 'PB043', hint = 'Name at most what is open.';
    end if;
    select array_agg((take.hold_number, take.event_type_code, shares.garage_code, shares.part_id,
        shares.condition_code, shares.lot_number, shares.share_quantity, null,
        take.happened_at)::quality_hold.act) into acts
    from (
        select cells.*, case when leaves
            then least(cells.there_quantity, greatest(coalesce(take.quantity, total_quantity) - cells.there_before, 0))
            else least(cells.open_quantity, greatest(coalesce(take.quantity, total_quantity) - cells.open_before, 0))
            end as share_quantity
        from quality_hold.open_cells(take.hold_number, take.garage_code, take.part_id, take.condition_code,
            take.lot_number) as cells
    ) as shares
    where shares.share_quantity > 0;

    entered := array(select events from quality_hold.enter(acts, take.finding, noted, take.actor) as events);
    if leaves then
        -- Stock and hold shrink together; the movement lets reservations follow.
        insert into garage_inventory.movements (
            movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
            document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at
        )
        select events.event_id, events.garage_code, events.part_id, events.lot_number, events.condition_code,
            'ADJUSTMENT', -events.quantity, events.event_type_code, events.hold_number, events.sequence_number::text,
            events.event_at, 'partsbay', events.idempotency_key, events.actor, events.recorded_at
        from unnest(entered) as events;
    end if;
    perform quality_hold.settle(acts, take.happened_at, noted, take.hold_number);
    return query select events.* from unnest(entered) as events;
end
$$;
comment on function quality_hold.take is 'Take units out of a hold: PARTIALLY_RELEASED and REWORKED stay in stock, SCRAPPED and RETURNED_TO_SUPPLIER also leave it, in the same transaction. No quantity is all that is open. Refused: nothing open (PB042), more than open (PB043). The same operation again answers as the first time.';

create function quality_hold.operation(
    hold_number text, operation_id text, event_type_code text, quantity numeric default null
) returns setof quality_hold.events
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if exists (
        select
        from quality_hold.events
        where events.hold_number = operation.hold_number and events.operation_id = operation.operation_id
        having bool_or(events.event_type_code <> operation.event_type_code) or sum(events.quantity) <> operation.quantity
    ) then
        raise exception 'operation % of hold % was another one', operation.operation_id, operation.hold_number
            using errcode = 'PB040', hint = 'Use a new operation for a new act.';
    end if;
    return query
    select * from quality_hold.events
    where events.hold_number = operation.hold_number and events.operation_id = operation.operation_id
    order by events.part_id, events.garage_code, events.sequence_number;
end
$$;
comment on function quality_hold.operation is 'What an act on a hold entered when it was done before; no row if it was not. Refused where that was another act (PB040).';

create function quality_hold.attribute(actor text, reason text) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(btrim(attribute.actor), '') = '' then
        raise exception 'nobody is named who did it' using errcode = 'PB046', hint = 'Say who, with --actor.';
    end if;
    perform set_config('partsbay.actor', attribute.actor, true),
        set_config('partsbay.reason', coalesce(attribute.reason, ''), true);
end
$$;
comment on function quality_hold.attribute is 'Let the audit know who acts on a hold and why, to the end of the transaction; refuse nobody (PB046).';

create function quality_hold.release(
    hold_number text, actor text, finding quality_hold.finding default null,
    happened_at timestamptz default clock_timestamp()
) returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    noted timestamptz;
    acts quality_hold.act[];
begin
    perform quality_hold.attribute(release.actor, (release.finding).reason);
    perform quality_hold.locked_hold(release.hold_number, null, null, null, null);
    noted := clock_timestamp();
    if (release.finding).operation_id is not null then
        return query select * from quality_hold.operation(release.hold_number, (release.finding).operation_id,
            'RELEASED');
        if found then
            return;
        end if;
    end if;
    select array_agg((release.hold_number, 'RELEASED', cells.garage_code, cells.part_id, cells.condition_code,
        cells.lot_number, cells.open_quantity, null, release.happened_at)::quality_hold.act) into acts
    from quality_hold.open_cells(release.hold_number, null, null, null, null) as cells;
    if quality_hold.close_rules(array[release.hold_number], array[release.happened_at], (release.finding).reason,
        noted, release.actor) = 0 and acts is null then
        raise exception 'hold % is released already', release.hold_number
            using errcode = 'PB042', hint = 'See partsbay hold show.';
    end if;
    return query select * from quality_hold.enter(acts, release.finding, noted, release.actor);
    perform quality_hold.settle(acts, release.happened_at, noted, release.hold_number);
end
$$;
comment on function quality_hold.release is 'Release a hold as a whole and end its rule. Refused where it is released already (PB042).';

create function quality_hold.note(
    hold_number text, event_type_code text, actor text, due_at timestamptz default null,
    finding quality_hold.finding default null, garage_code text default null, part_id uuid default null,
    condition_code text default null, lot_number text default null,
    happened_at timestamptz default clock_timestamp()
) returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    noted timestamptz;
    acts quality_hold.act[];
begin
    if not (note.event_type_code = 'EXTENDED' and note.due_at is not null
        or note.event_type_code = 'INSPECTED' and (note.finding).verdict_code is not null) then
        raise exception 'an extension names when it is due, an inspection its verdict'
            using errcode = 'PB044', hint = 'See partsbay hold extend --help and partsbay hold verdict --help.';
    end if;
    perform quality_hold.attribute(note.actor, (note.finding).reason);
    perform quality_hold.locked_hold(note.hold_number, note.garage_code, note.part_id, note.condition_code,
        note.lot_number);
    noted := clock_timestamp();
    if (note.finding).operation_id is not null then
        return query select * from quality_hold.operation(note.hold_number, (note.finding).operation_id,
            note.event_type_code);
        if found then
            return;
        end if;
    end if;
    select array_agg((note.hold_number, note.event_type_code, cells.garage_code, cells.part_id, cells.condition_code,
        cells.lot_number, case note.event_type_code when 'INSPECTED' then cells.open_quantity else 0 end, note.due_at,
        note.happened_at)::quality_hold.act) into acts
    from quality_hold.open_cells(note.hold_number, note.garage_code, note.part_id, note.condition_code,
        note.lot_number) as cells;
    if acts is null then
        raise exception 'nothing of hold % is open there', note.hold_number
            using errcode = 'PB042', hint = 'See partsbay hold show; what was released is released.';
    end if;
    return query select * from quality_hold.enter(acts, note.finding, noted, note.actor);
end
$$;
comment on function quality_hold.note is 'Enter an extension of the due date, or the verdict of an inspector; both leave the quantities as they are.';

-- --------------------------------------------------- what arrives later
-- These triggers come before those that fold, by their names: a unit that arrives under an open rule is held before
-- it is in stock, and so nobody can reserve it in between. The fold that follows settles both at once.

create function quality_hold.arriving(
    garage_codes text[], part_ids uuid[], condition_codes text[], lot_numbers text[], quantities numeric[],
    event_ats timestamptz[]
) returns quality_hold.act[]
    language sql stable
    set search_path = pg_catalog
as $$
    with arrived as (
        select given.*, lots.supplier_code, lots.manufactured_on
        from unnest(arriving.garage_codes, arriving.part_ids, arriving.condition_codes, arriving.lot_numbers,
            arriving.quantities, arriving.event_ats)
            as given (garage_code, part_id, condition_code, lot_number, quantity, event_at)
        left join lateral (
            select lots.supplier_code, lots.manufactured_on from garage_inventory.lots
            where (lots.part_id, lots.lot_number) = (given.part_id, given.lot_number)
            order by lots.stated_at desc
            limit 1
        ) as lots on given.lot_number <> ''
        where given.condition_code <> 'IN_TRANSIT' and given.quantity > 0
    ),

    covered as (
        select rules.hold_number, rules.hold_reason_code, rules.due_at, rules.event_at as opened_at, arrived.*
        from quality_hold.open_rules() as rules
        inner join arrived on arrived.part_id = rules.part_id
            and quality_hold.covers(rules, arrived.garage_code, arrived.part_id,
                arrived.condition_code, arrived.lot_number, arrived.supplier_code, arrived.manufactured_on)
        union all
        select rules.hold_number, rules.hold_reason_code, rules.due_at, rules.event_at, arrived.*
        from quality_hold.open_rules() as rules
        inner join arrived on arrived.supplier_code = rules.supplier_code
            and quality_hold.covers(rules, arrived.garage_code, arrived.part_id,
                arrived.condition_code, arrived.lot_number, arrived.supplier_code, arrived.manufactured_on)
        where rules.part_id is null
    )

    select array_agg((covered.hold_number, 'PLACED', covered.garage_code, covered.part_id, covered.condition_code,
        covered.lot_number, covered.quantity,
        case when covered.due_at > covered.event_at then covered.due_at
            else quality_hold.due_by(covered.hold_reason_code, covered.event_at) end,
        greatest(covered.event_at, covered.opened_at))::quality_hold.act)
    from covered
$$;
comment on function quality_hold.arriving is 'What open rules hold of units that arrive in these cells, in base units.';

create function quality_hold.cover_movements() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    acts quality_hold.act[];
begin
    if not exists (select from added where quantity > 0) then
        return null;
    end if;
    -- Whoever places a hold locks the positions that it may cover: locked here, its rule is seen.
    perform garage_inventory.lock_positions(array_agg(garage_code), array_agg(part_id))
    from (select distinct garage_code, part_id from added) as positions;
    acts := quality_hold.first_deliveries(
        array(select added.idempotency_key from added where added.movement_type_code = 'RECEIPT'),
        (select max(added.recorded_at) from added)
    );
    perform quality_hold.enter(acts, row(null, 'first delivery by its supplier', null, null, null, null, null)
        ::quality_hold.finding, max(recorded_at), 'hold rule') from added having acts is not null;
    if not exists (select from quality_hold.open_rules()) then
        return null;
    end if;
    select quality_hold.arriving(array_agg(moved.garage_code), array_agg(moved.part_id),
        array_agg(moved.condition_code), array_agg(moved.lot_number),
        array_agg(greatest(moved.before_quantity + moved.quantity, 0) - greatest(moved.before_quantity, 0)),
        array_agg(moved.event_at)) into acts
    from (
        select added.garage_code, added.part_id, added.condition_code, coalesce(added.lot_number, '') as lot_number,
            coalesce(max(known.on_hand_quantity), 0) as before_quantity,
            coalesce(sum(added.quantity) filter (
                where known.counted_at is null or added.event_at > known.counted_at
            ), 0) as quantity,
            max(added.event_at) as event_at
        from added
        left join garage_inventory.cells as known on known.part_id = added.part_id
            and known.garage_code = added.garage_code and known.condition_code = added.condition_code
            and known.lot_number = coalesce(added.lot_number, '')
        group by added.garage_code, added.part_id, added.condition_code, coalesce(added.lot_number, '')
    ) as moved;
    perform quality_hold.enter(acts, row(null, 'arrived under the hold', null, null, null, null, null)
        ::quality_hold.finding, max(recorded_at), 'hold rule') from added having acts is not null;
    return null;
end
$$;

create function quality_hold.cover_counts() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    acts quality_hold.act[];
begin
    if not exists (select from added) then
        return null;
    end if;
    perform garage_inventory.lock_positions(array_agg(garage_code), array_agg(part_id))
    from (select distinct garage_code, part_id from added) as positions;
    if not exists (select from quality_hold.open_rules()) then
        return null;
    end if;
    select quality_hold.arriving(array_agg(found.garage_code), array_agg(found.part_id),
        array_agg(found.condition_code), array_agg(found.lot_number), array_agg(found.quantity),
        array_agg(found.event_at)) into acts
    from (
        select counted.garage_code, counted.part_id, counted.condition_code, counted.lot_number, counted.event_at,
            greatest(now_there.quantity, 0) - greatest(coalesce(known.on_hand_quantity, 0), 0) as quantity
        from (
            select garage_code, part_id, condition_code, coalesce(lot_number, '') as lot_number,
                max(event_at) as event_at
            from added
            where part_id in (select rules.part_id from quality_hold.open_rules() as rules where rules.part_id is not null)
                or lot_number is not null and exists (
                    select from quality_hold.open_rules() as rules where rules.part_id is null
                )
            group by garage_code, part_id, condition_code, coalesce(lot_number, '')
        ) as counted
        left join garage_inventory.cells as known on known.part_id = counted.part_id
            and known.garage_code = counted.garage_code and known.condition_code = counted.condition_code
            and known.lot_number = counted.lot_number
        cross join lateral (
            -- F1 of this cell: its last count, and what moved after it.
            select last_count.quantity + coalesce(sum(movements.quantity), 0) as quantity
            from (
                select max(counts.event_at) as counted_at, sum(counts.counted_quantity) as quantity
                from garage_inventory.counts
                where (counts.garage_code, counts.part_id, counts.condition_code, coalesce(counts.lot_number, ''))
                    = (counted.garage_code, counted.part_id, counted.condition_code, counted.lot_number)
                group by counts.count_number
                order by max(counts.event_at) desc, counts.count_number desc
                limit 1
            ) as last_count
            left join garage_inventory.movements
                on (movements.garage_code, movements.part_id, movements.condition_code, coalesce(movements.lot_number, ''))
                    = (counted.garage_code, counted.part_id, counted.condition_code, counted.lot_number)
                and movements.event_at > last_count.counted_at
            group by last_count.quantity
        ) as now_there
    ) as found;
    perform quality_hold.enter(acts, row(null, 'found under the hold', null, null, null, null, null)
        ::quality_hold.finding, max(recorded_at), 'hold rule') from added having acts is not null;
    return null;
end
$$;

-- A lot whose supplier or date of manufacture becomes known after its stock.
create function quality_hold.cover_lots() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    acts quality_hold.act[];
begin
    if not exists (
        select from quality_hold.open_rules() as rules
        where num_nonnulls(rules.supplier_code, rules.manufactured_from_on, rules.manufactured_to_on) > 0
    ) then
        return null;
    end if;
    perform garage_inventory.lock_positions(array_agg(cells.garage_code), array_agg(cells.part_id))
    from (select distinct part_id, lot_number from added) as stated
    inner join garage_inventory.cells using (part_id, lot_number);
    select array_agg((rules.hold_number, 'PLACED', cells.garage_code, cells.part_id, cells.condition_code,
        cells.lot_number, cells.on_hand_quantity, quality_hold.due_by(rules.hold_reason_code, stated.stated_at),
        greatest(stated.stated_at, rules.event_at))::quality_hold.act) into acts
    from (
        select distinct on (lots.part_id, lots.lot_number) lots.*
        from (select distinct part_id, lot_number from added) as given
        inner join garage_inventory.lots using (part_id, lot_number)
        order by lots.part_id, lots.lot_number, lots.stated_at desc
    ) as stated
    inner join garage_inventory.cells on cells.part_id = stated.part_id and cells.lot_number = stated.lot_number
        and cells.on_hand_quantity > 0 and cells.condition_code <> 'IN_TRANSIT'
    inner join quality_hold.open_rules() as rules
        on num_nonnulls(rules.supplier_code, rules.manufactured_from_on, rules.manufactured_to_on) > 0
        and quality_hold.covers(rules, cells.garage_code, cells.part_id, cells.condition_code,
            cells.lot_number, stated.supplier_code, stated.manufactured_on)
    where not exists (
        select from quality_hold.holds
        where holds.hold_number = rules.hold_number
            and (holds.part_id, holds.garage_code, holds.condition_code, holds.lot_number)
                = (cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number)
    );
    if acts is null then
        return null;
    end if;
    perform quality_hold.enter(acts, row(null, 'its lot is known to be covered', null, null, null, null, null)
        ::quality_hold.finding, max(recorded_at), 'hold rule') from added;
    perform quality_hold.settle(acts, max(stated_at), max(recorded_at), acts[1].hold_number) from added;
    return null;
end
$$;

create trigger cover after insert on garage_inventory.movements
    referencing new table as added for each statement execute function quality_hold.cover_movements();
create trigger cover after insert on garage_inventory.counts
    referencing new table as added for each statement execute function quality_hold.cover_counts();
create trigger cover after insert on garage_inventory.lots
    referencing new table as added for each statement execute function quality_hold.cover_lots();

-- ----------------------------------------------------------------- files
-- A file may hold a part without naming a lot where the stock is in lots. Its quantity is then spread over the cells
-- that are there and not held yet: stock without a lot first, then the lots in picking order (F17); what nothing
-- carries stays where the file put it. What the file says of the hold later follows in the same order. Every share
-- keeps the line and its quantity (stated_quantity), so that what was said can be read again.

create function quality_hold.load_keyed(source_code text, batch_id uuid, received_at timestamptz) returns bigint
    language plpgsql
as $$
#variable_conflict use_column
declare
    stored_count bigint;
begin
    perform garage_inventory.lock_positions(array_agg(keyed.garage_code), array_agg(keyed.part_id)) from pg_temp.keyed;

    with fresh as (
        select distinct on (keyed.idempotency_key) keyed.*,
            keyed.condition_code is not null as is_condition_stated,
            coalesce(keyed.condition_code, 'NEW') as cell_condition_code
        from pg_temp.keyed
        where not exists (select from quality_hold.events where events.idempotency_key = keyed.idempotency_key)
        order by keyed.idempotency_key, keyed.line_number
    ),

    -- What a file says of a hold before it says that it was placed keeps the hold where the file puts it.
    unspread as (
        select fresh.*, sum(fresh.quantity) over queue - fresh.quantity as starts_at
        from fresh
        where fresh.event_type_code = 'PLACED' and fresh.lot_number is null
            and exists (
                select from garage_inventory.cells
                where (cells.part_id, cells.garage_code, cells.condition_code)
                    = (fresh.part_id, fresh.garage_code, fresh.cell_condition_code)
                    and cells.lot_number <> '' and cells.on_hand_quantity > cells.hold_quantity
            )
            and not exists (
                select from quality_hold.events
                where (events.hold_number, events.part_id, events.garage_code)
                    = (fresh.hold_number, fresh.part_id, fresh.garage_code)
                    and events.lot_number is null and events.event_type_code <> 'PLACED'
            )
        window queue as (
            partition by fresh.part_id, fresh.garage_code, fresh.cell_condition_code
            order by fresh.line_number
            rows unbounded preceding
        )
    ),

    room as (
        select cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number, free.quantity,
            sum(free.quantity) over (
                partition by cells.part_id, cells.garage_code, cells.condition_code
                order by cells.lot_number <> '', cells.expires_on nulls last, cells.received_at nulls last,
                    cells.lot_number
                rows unbounded preceding
            ) - free.quantity as starts_at
        from (select distinct part_id, garage_code, cell_condition_code as condition_code from unspread) as positions
        inner join garage_inventory.cells using (part_id, garage_code, condition_code)
        cross join lateral (select greatest(cells.on_hand_quantity - cells.hold_quantity, 0) as quantity) as free
        where free.quantity > 0
    ),

    placed_shares as (
        select unspread.line_number, room.lot_number,
            least(unspread.starts_at + unspread.quantity, room.starts_at + room.quantity)
                - greatest(unspread.starts_at, room.starts_at) as quantity
        from unspread
        inner join room on room.part_id = unspread.part_id and room.garage_code = unspread.garage_code
            and room.condition_code = unspread.cell_condition_code
            and unspread.starts_at < room.starts_at + room.quantity
            and room.starts_at < unspread.starts_at + unspread.quantity
    ),

    placed as (
        select line_number, lot_number, sum(quantity) as quantity
        from (
            select line_number, lot_number, quantity from placed_shares
            union all
            select fresh.line_number, coalesce(fresh.lot_number, ''),
                fresh.quantity - coalesce((
                    select sum(placed_shares.quantity) from placed_shares
                    where placed_shares.line_number = fresh.line_number
                ), 0)
            from fresh
            where fresh.event_type_code = 'PLACED'
        ) as parts
        group by line_number, lot_number
        having sum(quantity) > 0 or not exists (
            select from placed_shares where placed_shares.line_number = parts.line_number
        )
    ),

    -- Cells of the holds that later lines speak of, as they are and as this file makes them.
    open_cells as (
        select holding.hold_number, holding.part_id, holding.garage_code, holding.condition_code, holding.lot_number,
            sum(holding.quantity) as quantity, cells.expires_on, cells.received_at
        from (
            select holds.hold_number, holds.part_id, holds.garage_code, holds.condition_code, holds.lot_number,
                holds.open_quantity as quantity
            from quality_hold.holds
            where holds.hold_number in (select fresh.hold_number from fresh) and holds.placed_quantity > 0
            union all
            select fresh.hold_number, fresh.part_id, fresh.garage_code, fresh.cell_condition_code, placed.lot_number,
                placed.quantity
            from placed
            inner join fresh using (line_number)
        ) as holding
        left join garage_inventory.cells using (part_id, garage_code, condition_code, lot_number)
        group by holding.hold_number, holding.part_id, holding.garage_code, holding.condition_code, holding.lot_number,
            cells.expires_on, cells.received_at
    ),

    later as (
        select fresh.line_number, fresh.quantity, open_cells.condition_code, open_cells.lot_number,
            fresh.event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED') as takes,
            open_cells.quantity as open_quantity,
            sum(open_cells.quantity) over (
                partition by fresh.line_number
                order by open_cells.lot_number <> '', open_cells.expires_on nulls last,
                    open_cells.received_at nulls last, open_cells.lot_number, open_cells.condition_code
                rows unbounded preceding
            ) - open_cells.quantity as open_before,
            taking.starts_at
        from fresh
        inner join open_cells on open_cells.hold_number = fresh.hold_number and open_cells.part_id = fresh.part_id
            and open_cells.garage_code = fresh.garage_code
            and (not fresh.is_condition_stated or open_cells.condition_code = fresh.cell_condition_code)
        left join (
            select line_number, sum(quantity) over (
                partition by hold_number, part_id, garage_code
                order by sequence_number, line_number rows unbounded preceding
            ) - quantity as starts_at
            from fresh
            where lot_number is null
                and event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED')
        ) as taking using (line_number)
        where fresh.event_type_code <> 'PLACED' and fresh.lot_number is null
    ),

    later_shares as (
        select line_number, condition_code, lot_number,
            least(starts_at + quantity, open_before + open_quantity) - greatest(starts_at, open_before) as quantity
        from later
        where takes and starts_at < open_before + open_quantity and open_before < starts_at + quantity
        union all
        select line_number, condition_code, lot_number,
            case when count(*) over (partition by line_number) = 1 then quantity else open_quantity end
        from later
        where not takes
    ),

    entries as (
        select placed.line_number, fresh.cell_condition_code as condition_code, placed.lot_number, placed.quantity
        from placed
        inner join fresh using (line_number)
        union all
        select line_number, condition_code, lot_number, quantity from later_shares
        union all
        select fresh.line_number, fresh.cell_condition_code, coalesce(fresh.lot_number, ''),
            fresh.quantity - coalesce(shared.quantity, 0)
        from fresh
        left join (
            select line_number, sum(quantity) as quantity from later_shares group by line_number
        ) as shared using (line_number)
        where fresh.event_type_code <> 'PLACED'
            and (shared.line_number is null or fresh.quantity > shared.quantity
                and fresh.event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED'))
    ),

    merged as (
        select line_number, condition_code, lot_number, sum(quantity) as quantity
        from entries
        group by line_number, condition_code, lot_number
    ),

    numbered as (
        select merged.*, row_number() over (
                partition by line_number order by lot_number <> '', lot_number, condition_code
            ) as share_number,
            count(*) over (partition by line_number) as share_count
        from merged
    ),

    stored as (
        insert into quality_hold.events (
            event_id, hold_number, sequence_number, event_type_code, scope_code, garage_code, part_id, condition_code,
            lot_number, quantity, stated_quantity, hold_reason_code, severity_code, due_at, campaign_number, inspector,
            verdict_code, disposition_code, supplier_claim_number, evidence_ref, reason, event_at, source_code, batch_id,
            line_number, idempotency_key, payload_hash, actor, recorded_at
        )
        select encode(substring(keys.key for 16), 'hex')::uuid, fresh.hold_number, fresh.sequence_number,
            fresh.event_type_code, fresh.scope_code, fresh.garage_code, fresh.part_id, numbered.condition_code,
            nullif(numbered.lot_number, ''), numbered.quantity,
            case when numbered.share_count > 1 or numbered.lot_number <> coalesce(fresh.lot_number, '')
                then fresh.quantity end,
            fresh.hold_reason_code, fresh.severity_code, fresh.due_at, fresh.campaign_number, fresh.inspector,
            fresh.verdict_code, fresh.disposition_code, fresh.supplier_claim_number, fresh.evidence_ref, fresh.reason,
            fresh.event_at, load_keyed.source_code, load_keyed.batch_id, fresh.line_number, keys.key,
            fresh.payload_hash, fresh.actor, load_keyed.received_at
        from numbered
        inner join fresh using (line_number)
        cross join lateral (
            select case numbered.share_number when 1 then fresh.idempotency_key
                else sha256(fresh.idempotency_key || int8send(numbered.share_number)) end as key
        ) as keys
        order by fresh.line_number, numbered.share_number
        on conflict (idempotency_key) do nothing
        returning line_number
    )

    select count(distinct line_number) into stored_count from stored;
    return stored_count;
end
$$;
comment on function quality_hold.load_keyed is 'Store the lines of a file of holds that are new, spread over lots where they name none; return how many lines those were.';

-- ------------------------------------------------------- automatic holds

create table quality_hold.automatic_rules (
    automatic_code text not null
        check (automatic_code in ('EXPIRED', 'EXPIRY_NEAR', 'COUNT_DISPUTE', 'FIRST_DELIVERY', 'FEED_QUALITY')),
    garage_code text not null default '',
    supplier_code text not null default '',
    category_code text not null default '',
    valid_from_at timestamptz not null,
    is_on boolean not null,
    warning_days integer not null default 30 check (warning_days > 0),
    holds_whole_cell boolean not null default false,
    severity_code text not null default 'MEDIUM',
    reason text,
    source_code text not null,
    actor text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (automatic_code, garage_code, supplier_code, category_code, valid_from_at, recorded_at)
);
comment on table quality_hold.automatic_rules is 'One row per statement of whether stock is held by itself: for a garage, a supplier and a category of parts, '''' for any. Append-only; the most specific in force counts, of that the newest.';
comment on column quality_hold.automatic_rules.warning_days is 'Days before the expiry of a lot from which EXPIRY_NEAR holds it.';
comment on column quality_hold.automatic_rules.holds_whole_cell is 'Whether COUNT_DISPUTE holds the cell, and not only the quantity in dispute.';

-- The same in every region, so no rows of a table that regions copy from each other.
create view quality_hold.automatic_rules_in_use as
select automatic_code, garage_code, supplier_code, category_code, valid_from_at, is_on, warning_days,
    holds_whole_cell, severity_code, recorded_at
from quality_hold.automatic_rules
union all
select defaults.automatic_code, '', '', '', '-infinity', defaults.is_on, 30, false, defaults.severity_code, '-infinity'
from (
    values
        ('EXPIRED', true, 'HIGH'),
        ('EXPIRY_NEAR', false, 'LOW'),
        ('COUNT_DISPUTE', false, 'MEDIUM'),
        ('FIRST_DELIVERY', false, 'MEDIUM'),
        ('FEED_QUALITY', false, 'MEDIUM')
) as defaults (automatic_code, is_on, severity_code);
comment on view quality_hold.automatic_rules_in_use is 'One row per statement on automatic holds, and the defaults: expired lots are held, nothing else is.';

create function quality_hold.automatic_rule(
    automatic_code text, garage_code text, part_id uuid, supplier_code text, at timestamptz
) returns setof quality_hold.automatic_rules_in_use
    language sql stable
    set search_path = pg_catalog
as $$
    select rules.*
    from quality_hold.automatic_rules_in_use as rules
    where rules.automatic_code = automatic_rule.automatic_code
        and rules.valid_from_at <= automatic_rule.at
        and rules.garage_code in ('', coalesce(automatic_rule.garage_code, ''))
        and rules.supplier_code in ('', coalesce(automatic_rule.supplier_code, ''))
        and (rules.category_code = '' or rules.category_code = (
            select parts.category_code from catalogue.parts
            where parts.part_id = automatic_rule.part_id
            order by parts.valid_from_at desc, parts.revision_number desc
            limit 1
        ))
    order by (rules.garage_code <> '')::integer + (rules.supplier_code <> '')::integer
            + (rules.category_code <> '')::integer desc,
        rules.garage_code <> '' desc, rules.supplier_code <> '' desc, rules.valid_from_at desc, rules.recorded_at desc
    limit 1
$$;
comment on function quality_hold.automatic_rule is 'The statement that counts for this garage, part and supplier.';

create type quality_hold.cause as (
    hold_number text, automatic_code text, hold_reason_code text, severity_code text, garage_code text, part_id uuid,
    condition_code text, lot_number text, supplier_code text, quantity numeric, is_open boolean, expires_on date,
    subject text, reason text, event_at timestamptz
);

create function quality_hold.automatic_number(automatic_code text, variadic words text[]) returns text
    language sql immutable parallel safe
    return automatic_code || '-' || coalesce(nullif(concat_ws('-', nullif(words[1], ''), nullif(words[2], '')), ''), 'ALL')
        || '-' || left(upper(encode(sha256(convert_to(array_to_string(words, chr(31), ''), 'UTF8')), 'hex')), 8);

create function quality_hold.open_automatic(causes quality_hold.cause[], recorded_at timestamptz)
    returns setof quality_hold.rules
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$
    insert into quality_hold.rules as rules (
        hold_number, sequence_number, event_type_code, scope_code, automatic_code, garage_code, part_id, condition_code,
        lot_number, supplier_code, includes_unknown, quantity, is_open, expires_on, subject, hold_reason_code,
        severity_code, due_at, reason, event_at, source_code, idempotency_key, payload_hash, actor, recorded_at
    )
    select distinct on (cause.hold_number) cause.hold_number, 1, 'OPENED',
        case when cause.lot_number <> '' then 'LOT' when cause.garage_code is null then 'PART' else 'CELL' end,
        cause.automatic_code, cause.garage_code, cause.part_id, cause.condition_code, cause.lot_number,
        cause.supplier_code, cause.automatic_code = 'FEED_QUALITY', nullif(cause.quantity, 0), cause.is_open,
        cause.expires_on, cause.subject, cause.hold_reason_code, cause.severity_code,
        quality_hold.due_by(cause.hold_reason_code, cause.event_at), cause.reason, cause.event_at, 'partsbay', keys.key,
        keys.key, 'hold rule', open_automatic.recorded_at
    from unnest(open_automatic.causes) as cause
    cross join lateral (
        select sha256(convert_to('partsbay|quality_hold|rule|' || cause.hold_number || '|1', 'UTF8')) as key
    ) as keys
    order by cause.hold_number
    on conflict do nothing
    returning rules.*
$$;
comment on function quality_hold.open_automatic is 'Keep the rules of automatic holds; return those that were not there.';

create function quality_hold.place_automatic(causes quality_hold.cause[], recorded_at timestamptz)
    returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    opened quality_hold.rules[];
    acts quality_hold.act[];
begin
    perform garage_inventory.lock_positions(array_agg(cells.garage_code), array_agg(cells.part_id))
    from unnest(place_automatic.causes) as cause
    inner join garage_inventory.cells on cells.part_id = cause.part_id
        and (cause.garage_code is null or cells.garage_code = cause.garage_code);
    opened := array(
        select rules from quality_hold.open_automatic(place_automatic.causes, place_automatic.recorded_at) as rules
    );
    select array_agg((rules.hold_number, 'PLACED', cells.garage_code, cells.part_id, cells.condition_code,
        cells.lot_number, amount.quantity, rules.due_at, rules.event_at)::quality_hold.act
        order by rules.hold_number) into acts
    from unnest(opened) as rules
    inner join garage_inventory.cells on cells.part_id = rules.part_id
    left join quality_hold.lots_known as lots on lots.part_id = cells.part_id and lots.lot_number = cells.lot_number
    cross join lateral (
        select case when rules.quantity is null then cells.on_hand_quantity
            else least(rules.quantity, cells.on_hand_quantity - cells.hold_quantity) end as quantity
    ) as amount
    where amount.quantity > 0 and cells.condition_code <> 'IN_TRANSIT'
        and quality_hold.covers(rules, cells.garage_code, cells.part_id, cells.condition_code, cells.lot_number,
            lots.supplier_code, lots.manufactured_on);
    return query
    select events.*
    from quality_hold.enter(acts, null, place_automatic.recorded_at, 'hold rule') as events;
end
$$;

create function quality_hold.release_automatic(
    hold_numbers text[], released_ats timestamptz[], reason text, recorded_at timestamptz
) returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    acts quality_hold.act[];
begin
    perform garage_inventory.lock_positions(array_agg(holds.garage_code), array_agg(holds.part_id))
    from quality_hold.holds
    where holds.hold_number = any (release_automatic.hold_numbers);
    select array_agg((holds.hold_number, 'RELEASED', holds.garage_code, holds.part_id, holds.condition_code,
        holds.lot_number, holds.open_quantity, null, greatest(given.released_at, holds.placed_at))::quality_hold.act
        order by holds.hold_number) into acts
    from unnest(release_automatic.hold_numbers, release_automatic.released_ats) as given (hold_number, released_at)
    inner join quality_hold.holds using (hold_number)
    where holds.open_quantity > 0;
    perform quality_hold.close_rules(release_automatic.hold_numbers, release_automatic.released_ats,
        release_automatic.reason, release_automatic.recorded_at, 'hold rule');
    return query
    select events.*
    from quality_hold.enter(acts, row(null, release_automatic.reason, null, null, null, null, null)
        ::quality_hold.finding, release_automatic.recorded_at, 'hold rule') as events;
end
$$;

create index cells_by_expiry on garage_inventory.cells (expires_on) where expires_on is not null;

-- A lot expires at 00:00 of its date where the garage is, and so is held from that moment on whenever this runs.
create function quality_hold.expiry_causes(swept_at timestamptz) returns quality_hold.cause[]
    language sql stable
    set search_path = pg_catalog
as $$
    with lots as (
        select distinct cells.garage_code, cells.part_id, cells.lot_number, cells.expires_on, garages.time_zone
        from garage_inventory.cells
        inner join catalogue.garages_at(expiry_causes.swept_at) as garages using (garage_code)
        where cells.lot_number <> '' and cells.on_hand_quantity > 0 and cells.condition_code <> 'IN_TRANSIT'
            -- Nothing further away can be due; a day more for zones ahead of UTC.
            and cells.expires_on <= expiry_causes.swept_at::date + 1 + (
                select max(warning_days) from quality_hold.automatic_rules_in_use
            )
    ),

    causes as (
        select lots.*, rules.automatic_code, rules.severity_code,
            (lots.expires_on - case rules.automatic_code when 'EXPIRED' then 0 else rules.warning_days end)::timestamp
                at time zone lots.time_zone as event_at,
            lots.expires_on::timestamp at time zone lots.time_zone as expired_at
        from lots
        left join quality_hold.lots_known as known using (part_id, lot_number)
        cross join lateral (values ('EXPIRED'), ('EXPIRY_NEAR')) as codes (automatic_code)
        cross join lateral quality_hold.automatic_rule(codes.automatic_code, lots.garage_code, lots.part_id,
            known.supplier_code, expiry_causes.swept_at) as rules
        where rules.is_on
    )

    select array_agg((numbers.hold_number, causes.automatic_code, causes.automatic_code, causes.severity_code,
        causes.garage_code, causes.part_id, null, causes.lot_number, null, null, true, causes.expires_on, null,
        'expires on ' || causes.expires_on, causes.event_at)::quality_hold.cause)
    from causes
    cross join lateral (
        select quality_hold.automatic_number(causes.automatic_code, causes.garage_code, causes.lot_number,
            causes.part_id::text, causes.expires_on::text) as hold_number
    ) as numbers
    where causes.event_at <= expiry_causes.swept_at
        and (causes.automatic_code = 'EXPIRED' or causes.expired_at > expiry_causes.swept_at)
        and not exists (select from quality_hold.rules where rules.hold_number = numbers.hold_number)
$$;

create function quality_hold.count_causes(swept_at timestamptz) returns quality_hold.cause[]
    language sql stable
    set search_path = pg_catalog
as $$
    select array_agg((numbers.hold_number, 'COUNT_DISPUTE', 'COUNT_DISPUTE', rules.severity_code, variances.garage_code,
        variances.part_id, variances.condition_code, variances.lot_number, null,
        case when rules.holds_whole_cell then null else abs(variances.variance_quantity) end, rules.holds_whole_cell, null,
        variances.count_number, 'count ' || variances.count_number || ' is off by ' || variances.variance_quantity,
        variances.counted_at)::quality_hold.cause)
    from garage_inventory.count_variances_at('infinity') as variances
    cross join lateral quality_hold.automatic_rule('COUNT_DISPUTE', variances.garage_code, variances.part_id, null,
        count_causes.swept_at) as rules
    cross join lateral (
        select quality_hold.automatic_number('COUNT_DISPUTE', variances.garage_code, variances.count_number,
            variances.part_id::text, variances.condition_code, variances.lot_number) as hold_number
    ) as numbers
    where variances.needs_recount and rules.is_on and variances.counted_at <= count_causes.swept_at
        and not exists (select from quality_hold.rules where rules.hold_number = numbers.hold_number)
$$;

-- A supplier's number that now means another part: what came from that supplier under it is in doubt.
create function quality_hold.feed_causes(swept_at timestamptz) returns quality_hold.cause[]
    language sql stable
    set search_path = pg_catalog
as $$
    select array_agg((numbers.hold_number, 'FEED_QUALITY', 'FEED_QUALITY', rules.severity_code, null, lines.part_id, null,
        null, lines.supplier_code, null, true, null, lines.line_hold_id,
        'the feed of ' || lines.supplier_code || ' says that the number means another part',
        lines.recorded_at)::quality_hold.cause)
    from (
        select supplier_code, catalogue.part_id(brand_code, part_number) as part_id,
            min(line_hold_id::text) as line_hold_id, min(recorded_at) as recorded_at
        from supplier_feed.line_hold_states
        where reason_code = 'IDENTITY_CHANGE' and status_code = 'OPEN'
        group by supplier_code, catalogue.part_id(brand_code, part_number)
    ) as lines
    cross join lateral quality_hold.automatic_rule('FEED_QUALITY', null, lines.part_id, lines.supplier_code,
        feed_causes.swept_at) as rules
    cross join lateral (
        select quality_hold.automatic_number('FEED_QUALITY', lines.supplier_code, '', lines.part_id::text,
            lines.line_hold_id) as hold_number
    ) as numbers
    where rules.is_on and lines.recorded_at <= feed_causes.swept_at
        and not exists (select from quality_hold.rules where rules.hold_number = numbers.hold_number)
$$;

create function quality_hold.settled_causes(swept_at timestamptz) returns table (
    hold_number text, released_at timestamptz, reason text
)
    language sql stable
    set search_path = pg_catalog
as $$
    with opened as (
        select rules.* from quality_hold.rules
        where rules.event_type_code = 'OPENED' and rules.automatic_code is not null
            and not exists (
                select from quality_hold.rules as closed
                where closed.hold_number = rules.hold_number and closed.event_type_code = 'CLOSED'
            )
    )

    select opened.hold_number, greatest(known.stated_at, opened.event_at),
        'the lot keeps until ' || coalesce(known.expires_on::text, 'ever')
    from opened
    inner join quality_hold.lots_known as known using (part_id, lot_number)
    where opened.automatic_code in ('EXPIRED', 'EXPIRY_NEAR') and known.expires_on is distinct from opened.expires_on
    union all
    select opened.hold_number, opened.expires_on::timestamp at time zone garages.time_zone, 'the lot has expired'
    from opened
    inner join catalogue.garages_at(settled_causes.swept_at) as garages using (garage_code)
    inner join quality_hold.lots_known as known using (part_id, lot_number, expires_on)
    where opened.automatic_code = 'EXPIRY_NEAR'
        and opened.expires_on::timestamp at time zone garages.time_zone <= settled_causes.swept_at
    union all
    select opened.hold_number, greatest(newest.counted_at, opened.event_at), 'the count is settled'
    from opened
    cross join lateral (
        select max(counts.event_at) as counted_at
        from garage_inventory.counts
        where (counts.garage_code, counts.part_id, counts.condition_code, coalesce(counts.lot_number, ''))
            = (opened.garage_code, opened.part_id, opened.condition_code, coalesce(opened.lot_number, ''))
    ) as newest
    where opened.automatic_code = 'COUNT_DISPUTE' and not exists (
        select from garage_inventory.count_variances_at('infinity') as variances
        where variances.needs_recount
            and (variances.garage_code, variances.part_id, variances.condition_code, variances.lot_number,
                    variances.count_number)
                = (opened.garage_code, opened.part_id, opened.condition_code, coalesce(opened.lot_number, ''),
                    opened.subject)
    )
    union all
    select opened.hold_number, settled_causes.swept_at, 'the line was decided about'
    from opened
    where opened.automatic_code = 'FEED_QUALITY' and not exists (
        select from supplier_feed.line_hold_states as lines
        where lines.reason_code = 'IDENTITY_CHANGE' and lines.status_code = 'OPEN'
            and lines.supplier_code = opened.supplier_code
            and catalogue.part_id(lines.brand_code, lines.part_number) = opened.part_id
    )
$$;
comment on function quality_hold.settled_causes is 'Automatic holds whose cause is gone, and since when.';

create function quality_hold.sweep(swept_at timestamptz) returns setof quality_hold.events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    noted timestamptz := clock_timestamp();
    causes quality_hold.cause[];
    entered quality_hold.events[];
begin
    perform reservation.refuse_standby();
    perform quality_hold.attribute('hold rule', null);
    causes := coalesce(quality_hold.expiry_causes(sweep.swept_at), '{}')
        || coalesce(quality_hold.feed_causes(sweep.swept_at), '{}');
    -- Looking through the counts costs; nobody pays who does not want it.
    if exists (
        select from quality_hold.automatic_rules where automatic_rules.automatic_code = 'COUNT_DISPUTE' and is_on
    ) then
        causes := causes || coalesce(quality_hold.count_causes(sweep.swept_at), '{}');
    end if;
    entered := array(select events from quality_hold.place_automatic(causes, noted) as events);
    entered := entered || array(
        select events
        from (
            select settled.reason, array_agg(settled.hold_number) as hold_numbers,
                array_agg(settled.released_at) as released_ats
            from quality_hold.settled_causes(sweep.swept_at) as settled
            group by settled.reason
        ) as settled
        cross join lateral quality_hold.release_automatic(settled.hold_numbers, settled.released_ats, settled.reason,
            noted) as events
    );
    perform reservation.follow(array_agg(moved.garage_code), array_agg(moved.part_id), max(moved.event_at), noted, 'HOLD',
        moved.hold_number)
    from (
        select distinct on (events.garage_code, events.part_id) events.garage_code, events.part_id, events.event_at,
            events.hold_number
        from unnest(entered) as events
        order by events.garage_code, events.part_id, events.hold_number
    ) as moved
    group by moved.hold_number;
    return query select events.* from unnest(entered) as events;
end
$$;
comment on function quality_hold.sweep is 'Place the automatic holds that are due at this moment and release those whose cause is gone. What it enters carries the moment of the cause, whenever it runs; a second run changes nothing.';

create index receipts_by_supplier on garage_inventory.receipts (part_id, supplier_code);

create function quality_hold.first_deliveries(keys bytea[], recorded_at timestamptz) returns quality_hold.act[]
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    causes quality_hold.cause[];
    acts quality_hold.act[];
begin
    if not exists (
        select from quality_hold.automatic_rules where automatic_rules.automatic_code = 'FIRST_DELIVERY' and is_on
    ) then
        return null;
    end if;
    select array_agg((quality_hold.automatic_number('FIRST_DELIVERY', receipts.supplier_code, receipts.delivery_number,
            receipts.part_id::text), 'FIRST_DELIVERY', 'INCOMING_INSPECTION', rules.severity_code, receipts.garage_code,
            receipts.part_id, null, null, receipts.supplier_code, null, false, null, receipts.delivery_number,
            'first delivery of the part by ' || receipts.supplier_code, receipts.event_at)::quality_hold.cause)
        into causes
    from garage_inventory.receipts
    cross join lateral quality_hold.automatic_rule('FIRST_DELIVERY', receipts.garage_code, receipts.part_id,
        receipts.supplier_code, receipts.event_at) as rules
    where receipts.idempotency_key = any (first_deliveries.keys) and rules.is_on and not exists (
        select from garage_inventory.receipts as earlier
        where earlier.part_id = receipts.part_id and earlier.supplier_code = receipts.supplier_code
            and earlier.delivery_number <> receipts.delivery_number
    );
    if causes is null then
        return null;
    end if;
    perform quality_hold.open_automatic(causes, first_deliveries.recorded_at);
    select array_agg((rules.hold_number, 'PLACED', received.garage_code, received.part_id, received.condition_code,
        received.lot_number, received.quantity, rules.due_at, rules.event_at)::quality_hold.act) into acts
    from (select distinct cause.hold_number from unnest(causes) as cause) as named
    inner join quality_hold.rules on rules.hold_number = named.hold_number and rules.sequence_number = 1
    inner join (
        select receipts.supplier_code, receipts.delivery_number, receipts.garage_code, receipts.part_id,
            receipts.condition_code, coalesce(receipts.lot_number, '') as lot_number, sum(receipts.quantity) as quantity
        from garage_inventory.receipts
        where receipts.idempotency_key = any (first_deliveries.keys)
        group by 1, 2, 3, 4, 5, 6
    ) as received on received.part_id = rules.part_id and received.supplier_code = rules.supplier_code
        and received.delivery_number = rules.subject;
    return acts;
end
$$;
comment on function quality_hold.first_deliveries is 'What of these receipts is the first of its part by its supplier, where the policy wants that inspected.';

create function quality_hold.is_sweep_due(at timestamptz) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select quality_hold.expiry_causes(is_sweep_due.at) is not null
        or quality_hold.feed_causes(is_sweep_due.at) is not null
        or exists (
            select from quality_hold.automatic_rules
            where automatic_rules.automatic_code = 'COUNT_DISPUTE' and automatic_rules.is_on
        ) and quality_hold.count_causes(is_sweep_due.at) is not null
        or exists (select from quality_hold.settled_causes(is_sweep_due.at))
$$;
comment on function quality_hold.is_sweep_due is 'Whether a sweep at this moment would enter anything.';

-- ------------------------------------------------------------- questions

create view quality_hold.hold_states as
select holds.hold_number, coalesce(rules.campaign_number, found.campaign_number) as campaign_number, holds.garage_code,
    holds.part_id, holds.condition_code, holds.lot_number, holds.scope_code, holds.hold_reason_code,
    holds.severity_code, rules.automatic_code, holds.placed_at,
    coalesce(holds.due_at, quality_hold.due_by(holds.hold_reason_code, holds.placed_at)) as due_at,
    holds.placed_quantity, holds.open_quantity,
    least(holds.open_quantity, greatest(cells.on_hand_quantity, 0)) as there_quantity,
    found.inspector, found.verdict_code, found.disposition_code, found.supplier_claim_number, found.evidence_ref,
    -- UNCL 6063: held by quality control, failed its inspection, damaged.
    case
        when found.verdict_code = 'REJECT' then '96'
        when holds.hold_reason_code = 'DAMAGE_IN_TRANSIT' then '124'
        else '89'
    end as edifact_6063_code
from quality_hold.holds
inner join garage_inventory.cells using (part_id, garage_code, condition_code, lot_number)
left join quality_hold.rules on rules.hold_number = holds.hold_number and rules.sequence_number = 1
cross join lateral (
    select
        (array_agg(events.campaign_number order by events.sequence_number desc)
            filter (where events.campaign_number is not null))[1] as campaign_number,
        (array_agg(events.inspector order by events.sequence_number desc)
            filter (where events.inspector is not null))[1] as inspector,
        (array_agg(events.verdict_code order by events.sequence_number desc)
            filter (where events.verdict_code is not null))[1] as verdict_code,
        (array_agg(events.disposition_code order by events.sequence_number desc)
            filter (where events.disposition_code is not null))[1] as disposition_code,
        (array_agg(events.supplier_claim_number order by events.sequence_number desc)
            filter (where events.supplier_claim_number is not null))[1] as supplier_claim_number,
        (array_agg(events.evidence_ref order by events.sequence_number desc)
            filter (where events.evidence_ref is not null))[1] as evidence_ref
    from quality_hold.events
    where events.hold_number = holds.hold_number and events.part_id = holds.part_id
        and events.garage_code = holds.garage_code and events.condition_code = holds.condition_code
        and coalesce(events.lot_number, '') = holds.lot_number
) as found;
comment on view quality_hold.hold_states is 'One row per hold and cell: what is open, when it is due, the last verdict, and what EDIFACT 6063 calls the quantity (89 held, 96 failed, 124 damaged).';

create function quality_hold.ageing_at(at timestamptz) returns table (
    hold_number text, campaign_number text, garage_code text, part_id uuid, condition_code text, lot_number text,
    hold_reason_code text, severity_code text, open_quantity numeric, placed_at timestamptz, due_at timestamptz,
    age_days integer, bucket_code text, is_overdue boolean, overdue_days integer
)
    language sql stable
    set search_path = pg_catalog
as $$
    select states.hold_number, states.campaign_number, states.garage_code, states.part_id, states.condition_code,
        states.lot_number, states.hold_reason_code, states.severity_code, states.open_quantity, states.placed_at,
        states.due_at, ages.age_days,
        case when ages.age_days <= 7 then '0-7' when ages.age_days <= 30 then '8-30' when ages.age_days <= 90 then '31-90'
            else '91+' end,
        states.due_at < ageing_at.at,
        case when states.due_at < ageing_at.at then extract(epoch from ageing_at.at - states.due_at)::bigint / 86400
            else 0 end
    from quality_hold.hold_states as states
    cross join lateral (
        select (extract(epoch from ageing_at.at - states.placed_at)::bigint / 86400)::integer as age_days
    ) as ages
    where states.open_quantity > 0
$$;
comment on function quality_hold.ageing_at is 'Open holds by age in days at a moment, in buckets, and those that are overdue.';

-- -------------------------------------------------------------- campaigns

create table quality_hold.callbacks (
    campaign_number text not null,
    garage_code text not null,
    work_order_number text not null,
    work_order_line text not null,
    sequence_number integer not null check (sequence_number > 0),
    event_type_code text not null check (event_type_code in ('NOTIFIED', 'ACKNOWLEDGED', 'DONE', 'UNREACHABLE')),
    note text,
    evidence_ref text,
    event_at timestamptz not null,
    source_code text not null,
    actor text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (campaign_number, garage_code, work_order_number, work_order_line, sequence_number)
);
comment on table quality_hold.callbacks is 'One row per event of calling back a job whose part a campaign covers: notified, acknowledged, done, unreachable. Append-only; the last counts.';

create view quality_hold.campaign_jobs as
select rules.campaign_number, rules.hold_number, usage_lines.garage_code, usage_lines.work_order_number,
    usage_lines.work_order_line, usage_lines.vehicle_ref, usage_lines.part_id, usage_lines.lot_number,
    usage_lines.quantity, usage_lines.event_at as fitted_at,
    coalesce(last_call.event_type_code, 'OPEN') as state_code, last_call.event_at as called_at, last_call.actor as caller,
    -- A job of which nobody noted the lot may be of the range: it is called back as well.
    usage_lines.lot_number is not null
        or coalesce(rules.lot_number, rules.lot_from_number, rules.lot_to_number, rules.supplier_code,
            rules.manufactured_from_on::text, rules.manufactured_to_on::text) is null as is_certain
from quality_hold.rules
inner join garage_inventory.usage_lines on usage_lines.part_id = rules.part_id
    or rules.part_id is null and (usage_lines.part_id, usage_lines.lot_number) in (
        select lots.part_id, lots.lot_number from garage_inventory.lots where lots.supplier_code = rules.supplier_code
    )
left join quality_hold.lots_known as lots
    on lots.part_id = usage_lines.part_id and lots.lot_number = usage_lines.lot_number
left join lateral (
    select callbacks.* from quality_hold.callbacks
    where (callbacks.campaign_number, callbacks.garage_code, callbacks.work_order_number, callbacks.work_order_line)
        = (rules.campaign_number, usage_lines.garage_code, usage_lines.work_order_number, usage_lines.work_order_line)
    order by callbacks.sequence_number desc
    limit 1
) as last_call on true
where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
    and usage_lines.usage_type_code in ('FITTED', 'WARRANTY', 'SOLD_COUNTER', 'INTERNAL')
    and (rules.garage_code is null or rules.garage_code = usage_lines.garage_code)
    and (rules.condition_code is null or rules.condition_code = coalesce(usage_lines.condition_code, 'NEW'))
    and (usage_lines.lot_number is null
        or quality_hold.covers(rules, usage_lines.garage_code, usage_lines.part_id,
            coalesce(usage_lines.condition_code, 'NEW'), usage_lines.lot_number, lots.supplier_code,
            lots.manufactured_on))
    and not exists (
        select from garage_inventory.reversals where reversals.reverses_id = usage_lines.usage_line_id
    );
comment on view quality_hold.campaign_jobs is 'One row per hold of a campaign and job that had such a part before: to be called back. Not certain where nobody noted its lot.';

create function quality_hold.call_back(
    campaign_number text, garage_code text, work_order_number text, work_order_line text, event_type_code text,
    actor text, note text default null, evidence_ref text default null,
    happened_at timestamptz default clock_timestamp()
) returns quality_hold.callbacks
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    last_call quality_hold.callbacks;
    entered quality_hold.callbacks;
begin
    perform reservation.refuse_standby();
    perform quality_hold.attribute(call_back.actor, call_back.note);
    perform pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), 'callback', call_back.campaign_number,
        call_back.garage_code, call_back.work_order_number, call_back.work_order_line), 0));
    if not exists (
        select from quality_hold.campaign_jobs as jobs
        where (jobs.campaign_number, jobs.garage_code, jobs.work_order_number, jobs.work_order_line)
            = (call_back.campaign_number, call_back.garage_code, call_back.work_order_number, call_back.work_order_line)
    ) then
        raise exception 'campaign % has no job % line % at %', call_back.campaign_number, call_back.work_order_number,
            call_back.work_order_line, call_back.garage_code
            using errcode = 'PB041', hint = 'See partsbay hold campaign.';
    end if;
    select callbacks.* into last_call from quality_hold.callbacks
    where (callbacks.campaign_number, callbacks.garage_code, callbacks.work_order_number, callbacks.work_order_line)
        = (call_back.campaign_number, call_back.garage_code, call_back.work_order_number, call_back.work_order_line)
    order by callbacks.sequence_number desc
    limit 1;
    if last_call.event_type_code = call_back.event_type_code then
        return last_call;
    end if;
    insert into quality_hold.callbacks as callbacks (
        campaign_number, garage_code, work_order_number, work_order_line, sequence_number, event_type_code, note,
        evidence_ref, event_at, source_code, actor
    )
    values (call_back.campaign_number, call_back.garage_code, call_back.work_order_number, call_back.work_order_line,
        coalesce(last_call.sequence_number, 0) + 1, call_back.event_type_code, call_back.note, call_back.evidence_ref,
        call_back.happened_at, 'partsbay', call_back.actor)
    returning callbacks.* into entered;
    return entered;
end
$$;
comment on function quality_hold.call_back is 'Note how far calling back a job is; the same state again changes nothing.';

create view quality_hold.campaign_orders as
with shipped as (
    select lines.supplier_code, lines.purchase_order_number, lines.purchase_order_line, lines.shipment_number,
        lines.shipment_line, catalogue.part_id(lines.brand_code, lines.part_number) as part_id, lines.lot_number,
        lines.ship_to_code as garage_code, lines.shipped_quantity as quantity, lines.expected_on,
        exists (
            select from garage_inventory.receipts
            where receipts.delivery_number = lines.shipment_number
                or receipts.purchase_order_number = lines.purchase_order_number
                    and receipts.purchase_order_line = lines.purchase_order_line
        ) as is_received
    from replenishment.shipment_lines as lines
),

acknowledged as (
    select distinct on (answers.supplier_code, answers.purchase_order_number, answers.purchase_order_line,
            answers.schedule_number)
        answers.supplier_code, answers.purchase_order_number, answers.purchase_order_line,
        catalogue.part_id(answers.brand_code, answers.part_number) as part_id,
        answers.acknowledged_quantity as quantity, answers.promised_on, answers.acknowledgement_code
    from replenishment.acknowledgements as answers
    order by answers.supplier_code, answers.purchase_order_number, answers.purchase_order_line, answers.schedule_number,
        answers.stated_at desc
),

proposed as (
    select distinct on (proposals.proposal_id) proposals.*
    from replenishment.proposals
    order by proposals.proposal_id, proposals.revision_number desc
),

orders as (
    select 'SHIPPED' as stage_code, supplier_code, garage_code, part_id, lot_number,
        shipment_number as document_number, shipment_line as document_line, quantity, expected_on
    from shipped
    where not is_received
    union all
    select 'ACKNOWLEDGED', supplier_code, null, part_id, null, purchase_order_number, purchase_order_line, quantity,
        promised_on
    from acknowledged
    where acknowledgement_code not in ('ID', 'IR') and not exists (
        select from shipped
        where (shipped.supplier_code, shipped.purchase_order_number, shipped.purchase_order_line)
            = (acknowledged.supplier_code, acknowledged.purchase_order_number, acknowledged.purchase_order_line)
    )
    union all
    select 'PROPOSED', supplier_code, garage_code, part_id, null, proposal_id::text, revision_number::text, quantity, null
    from proposed
    where change_code <> 'GONE' and line_type_code = 'BUY' and quantity > 0
)

select rules.campaign_number, rules.hold_number, orders.*
from quality_hold.rules
inner join orders on orders.part_id = rules.part_id or rules.part_id is null
where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
    and (rules.supplier_code is null or orders.supplier_code = rules.supplier_code)
    and (rules.garage_code is null or orders.garage_code is null or orders.garage_code = rules.garage_code)
    -- What is not shipped yet has no lot that could speak for it.
    and (orders.lot_number is null
        or (rules.lot_number is null or rules.lot_number = orders.lot_number)
            and (rules.lot_from_number is null
                or quality_hold.lot_key(orders.lot_number) >= quality_hold.lot_key(rules.lot_from_number))
            and (rules.lot_to_number is null
                or quality_hold.lot_key(orders.lot_number) <= quality_hold.lot_key(rules.lot_to_number)));
comment on view quality_hold.campaign_orders is 'One row per hold of a campaign and open order line that may bring more of it: proposed, acknowledged or shipped and not received.';

create view quality_hold.campaign_progress as
with campaigns as (
    select rules.campaign_number, min(rules.event_at) as opened_at,
        bool_and(exists (
            select from quality_hold.rules as closed
            where closed.hold_number = rules.hold_number and closed.event_type_code = 'CLOSED'
        )) as is_closed,
        count(*) as hold_count
    from quality_hold.rules
    where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
    group by rules.campaign_number
),

stock as (
    select rules.campaign_number,
        coalesce(sum(events.quantity) filter (where events.event_type_code = 'PLACED'), 0) as found_quantity,
        coalesce(sum(events.quantity) filter (where events.event_type_code = 'SCRAPPED'), 0) as scrapped_quantity,
        coalesce(sum(events.quantity) filter (where events.event_type_code = 'RETURNED_TO_SUPPLIER'), 0)
            as returned_quantity,
        coalesce(sum(events.quantity) filter (where events.event_type_code = 'REWORKED'), 0) as reworked_quantity,
        coalesce(sum(events.quantity) filter (where events.event_type_code in ('RELEASED', 'PARTIALLY_RELEASED')), 0)
            as released_quantity,
        count(distinct events.garage_code) as garage_count
    from quality_hold.rules
    inner join quality_hold.events using (hold_number)
    where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
    group by rules.campaign_number
),

held as (
    select rules.campaign_number, sum(holds.open_quantity) as held_quantity
    from quality_hold.rules
    inner join quality_hold.holds using (hold_number)
    where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
    group by rules.campaign_number
),

in_transit as (
    select rules.campaign_number, sum(cells.on_hand_quantity) as in_transit_quantity
    from quality_hold.rules
    inner join garage_inventory.cells on cells.condition_code = 'IN_TRANSIT' and cells.on_hand_quantity > 0
        and (rules.part_id is null or cells.part_id = rules.part_id)
    left join quality_hold.lots_known as lots on lots.part_id = cells.part_id and lots.lot_number = cells.lot_number
    -- Its condition before and after the journey is not in the cell.
    where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
        and quality_hold.covers(rules, cells.garage_code, cells.part_id,
            coalesce(rules.condition_code, cells.condition_code), cells.lot_number, lots.supplier_code,
            lots.manufactured_on)
    group by rules.campaign_number
),

orders as (
    select lines.campaign_number, sum(lines.quantity) as open_order_quantity, count(*) as open_order_count
    from (
        select distinct campaign_number, stage_code, document_number, document_line, quantity
        from quality_hold.campaign_orders
    ) as lines
    group by lines.campaign_number
),

jobs as (
    select lines.campaign_number, count(*) as job_count, sum(lines.quantity) as fitted_quantity,
        count(*) filter (where lines.state_code <> 'OPEN') as called_job_count,
        count(*) filter (where lines.state_code = 'DONE') as done_job_count,
        coalesce(sum(lines.quantity) filter (where lines.state_code = 'DONE'), 0) as done_quantity
    from (
        select distinct campaign_number, garage_code, work_order_number, work_order_line, quantity, state_code
        from quality_hold.campaign_jobs
    ) as lines
    group by lines.campaign_number
)

select campaigns.campaign_number, campaigns.opened_at, campaigns.is_closed, campaigns.hold_count,
    coalesce(stock.garage_count, 0) as garage_count, coalesce(stock.found_quantity, 0) as found_quantity,
    coalesce(held.held_quantity, 0) as held_quantity, coalesce(stock.scrapped_quantity, 0) as scrapped_quantity,
    coalesce(stock.returned_quantity, 0) as returned_quantity, coalesce(stock.reworked_quantity, 0) as reworked_quantity,
    coalesce(stock.released_quantity, 0) as released_quantity,
    coalesce(in_transit.in_transit_quantity, 0) as in_transit_quantity,
    coalesce(orders.open_order_quantity, 0) as open_order_quantity,
    coalesce(orders.open_order_count, 0) as open_order_count,
    coalesce(jobs.fitted_quantity, 0) as fitted_quantity, coalesce(jobs.job_count, 0) as job_count,
    coalesce(jobs.called_job_count, 0) as called_job_count, coalesce(jobs.done_job_count, 0) as done_job_count,
    round(100 * (coalesce(stock.found_quantity - held.held_quantity, 0) + coalesce(jobs.done_quantity, 0))
        / nullif(coalesce(stock.found_quantity, 0) + coalesce(in_transit.in_transit_quantity, 0)
            + coalesce(jobs.fitted_quantity, 0), 0), 1) as progress_pct
from campaigns
left join stock using (campaign_number)
left join held using (campaign_number)
left join in_transit using (campaign_number)
left join orders using (campaign_number)
left join jobs using (campaign_number);
comment on view quality_hold.campaign_progress is 'One row per campaign: units found, held and settled, on their way, on order and fitted, in base units; progress_pct of what was found, is on its way or was fitted is settled. Nothing at all is no percentage.';

-- ---------------------------------------------------------------- grants

grant select, insert on quality_hold.reason_limits, quality_hold.automatic_rules to partsbay_pipeline;
-- These come about by acts alone.
grant select on quality_hold.rules, quality_hold.callbacks to partsbay_pipeline;
grant select on quality_hold.lots_known, quality_hold.reason_limits_in_use,
    quality_hold.automatic_rules_in_use, quality_hold.hold_states, quality_hold.campaign_jobs, quality_hold.campaign_orders,
    quality_hold.campaign_progress to partsbay_pipeline;
grant select on quality_hold.rules, quality_hold.reason_limits, quality_hold.automatic_rules, quality_hold.callbacks
    to partsbay_replication;
revoke execute on all functions in schema quality_hold from public;
grant execute on all functions in schema quality_hold to partsbay_pipeline;
-- Steps of acts, which check and lock for them.
revoke execute on function quality_hold.enter, quality_hold.settle, quality_hold.open_rule, quality_hold.close_rules,
    quality_hold.open_automatic, quality_hold.place_automatic, quality_hold.release_automatic,
    quality_hold.first_deliveries from partsbay_pipeline;
alter publication pub_quality_hold add table quality_hold.rules, quality_hold.reason_limits,
    quality_hold.automatic_rules, quality_hold.callbacks;
