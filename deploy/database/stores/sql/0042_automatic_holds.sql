-- Stock that is in doubt is held without anybody asking for it: what a count found beyond what can be, until it was
-- counted again or reviewed, and the first delivery of a part by a supplier whose deliveries are inspected.

alter table catalogue.suppliers add column is_inspected boolean;
comment on column catalogue.suppliers.is_inspected is 'Whether the first delivery of a part by the supplier waits for its inspection; empty is no.';
create index suppliers_inspected on catalogue.suppliers (supplier_code) where is_inspected;
select audit.watch('catalogue.suppliers');

create or replace view quality_hold.automatic_rules_in_use as
select automatic_code, garage_code, supplier_code, category_code, valid_from_at, is_on, warning_days,
    holds_whole_cell, severity_code, recorded_at
from quality_hold.automatic_rules
union all
select defaults.automatic_code, '', '', '', '-infinity', defaults.is_on, 30, false, defaults.severity_code, '-infinity'
from (
    values
        ('EXPIRED', true, 'HIGH'),
        ('EXPIRY_NEAR', false, 'LOW'),
        ('COUNT_DISPUTE', true, 'MEDIUM'),
        ('FIRST_DELIVERY', true, 'MEDIUM'),
        ('FEED_QUALITY', false, 'MEDIUM')
) as defaults (automatic_code, is_on, severity_code);
comment on view quality_hold.automatic_rules_in_use is 'One row per statement on automatic holds, and the defaults: expired lots are held, what a count found too much, and first deliveries of suppliers that the catalogue says are inspected.';
comment on column quality_hold.automatic_rules.holds_whole_cell is 'Whether COUNT_DISPUTE holds the cell, and not only what was found beyond what was expected.';

create function quality_hold.may_hold(automatic_code text, at timestamptz) returns boolean
    language sql stable
    set search_path = pg_catalog
as $$
    select coalesce(bool_or(newest.is_on), false)
    from (
        select distinct on (rules.garage_code, rules.supplier_code, rules.category_code) rules.is_on
        from quality_hold.automatic_rules_in_use as rules
        where rules.automatic_code = may_hold.automatic_code and rules.valid_from_at <= may_hold.at
        order by rules.garage_code, rules.supplier_code, rules.category_code, rules.valid_from_at desc,
            rules.recorded_at desc
    ) as newest
$$;
comment on function quality_hold.may_hold is 'Whether any statement in force holds stock for this.';

-- Looking at few parts costs what these cost.
create function garage_inventory.count_variances_of(part_ids uuid[], known_at timestamptz) returns table (
    count_number text, garage_code text, part_id uuid, condition_code text, lot_number text, counted_at timestamptz,
    recorded_at timestamptz, count_round integer, is_blind boolean, discrepancy_reason_code text,
    counted_quantity numeric, system_quantity numeric, previous_count_number text, previous_counted_at timestamptz,
    expected_quantity numeric, variance_quantity numeric, unit_cost_amount numeric, variance_amount numeric,
    is_opening boolean, is_beyond_tolerance boolean, is_counted_again boolean, needs_recount boolean,
    system_difference_quantity numeric
)
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    with counted as (
        select counts.count_number, counts.garage_code, counts.part_id, counts.condition_code,
            coalesce(counts.lot_number, '') as lot_number, max(counts.event_at) as counted_at,
            max(counts.recorded_at) as recorded_at, max(counts.count_round) as count_round,
            bool_or(counts.is_blind) as is_blind, max(counts.discrepancy_reason_code) as discrepancy_reason_code,
            sum(counts.counted_quantity) as counted_quantity, sum(counts.system_quantity) as system_quantity
        from garage_inventory.counts
        where counts.recorded_at <= count_variances_of.known_at
            and (count_variances_of.part_ids is null or counts.part_id = any(count_variances_of.part_ids))
        group by counts.count_number, counts.garage_code, counts.part_id, counts.condition_code,
            coalesce(counts.lot_number, '')
    ),

    compared as (
        select counted.*, expected.previous_count_number, expected.previous_counted_at, expected.expected_quantity,
            expected.previous_count_number is null and expected.movement_count = 0 as is_opening,
            counted.counted_quantity - expected.expected_quantity as variance_quantity,
            garage_inventory.unit_cost_amount(counted.part_id, counted.counted_at) as unit_cost_amount,
            -- The snapshot of a garage's system is compared with what we expected then, not with what it counted.
            counted.system_quantity - expected.expected_quantity as system_difference_quantity,
            lead(counted.counted_at) over (
                partition by counted.part_id, counted.garage_code, counted.condition_code, counted.lot_number
                order by counted.counted_at, counted.count_number
            ) is not null as is_counted_again
        from counted
        cross join lateral garage_inventory.expected_quantity(
            counted.garage_code, counted.part_id, counted.condition_code, counted.lot_number, counted.count_number,
            counted.counted_at, count_variances_of.known_at
        ) as expected
    ),

    judged as (
        select compared.*, compared.variance_quantity * compared.unit_cost_amount as variance_amount,
            not compared.is_opening and (
                abs(compared.variance_quantity)
                    > greatest(rules.tolerance_quantity, rules.tolerance_pct / 100 * abs(compared.expected_quantity))
                or coalesce(abs(compared.variance_quantity) * compared.unit_cost_amount > rules.limit_amount, false)
            ) as is_beyond_tolerance
        from compared
        cross join lateral (
            select count_rules.*
            from garage_inventory.count_rules_in_use as count_rules
            where coalesce(count_rules.garage_code, compared.garage_code) = compared.garage_code
                and count_rules.valid_from_at <= compared.counted_at
            order by count_rules.garage_code is null, count_rules.valid_from_at desc, count_rules.recorded_at desc
            limit 1
        ) as rules
    )

    select count_number, garage_code, part_id, condition_code, lot_number, counted_at, recorded_at, count_round,
        is_blind, discrepancy_reason_code, counted_quantity, system_quantity, previous_count_number,
        previous_counted_at, expected_quantity, variance_quantity, unit_cost_amount, variance_amount, is_opening,
        is_beyond_tolerance, is_counted_again, is_beyond_tolerance and not is_counted_again, system_difference_quantity
    from judged
$$;
comment on function garage_inventory.count_variances_of is 'The counts of these parts, or of all without any, as garage_inventory.count_variances_at has them.';

create or replace function garage_inventory.count_variances_at(known_at timestamptz) returns table (
    count_number text, garage_code text, part_id uuid, condition_code text, lot_number text, counted_at timestamptz,
    recorded_at timestamptz, count_round integer, is_blind boolean, discrepancy_reason_code text,
    counted_quantity numeric, system_quantity numeric, previous_count_number text, previous_counted_at timestamptz,
    expected_quantity numeric, variance_quantity numeric, unit_cost_amount numeric, variance_amount numeric,
    is_opening boolean, is_beyond_tolerance boolean, is_counted_again boolean, needs_recount boolean,
    system_difference_quantity numeric
)
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    select variances.* from garage_inventory.count_variances_of(null, count_variances_at.known_at) as variances
$$;

create function quality_hold.disputed_counts(part_ids uuid[]) returns table (
    count_number text, garage_code text, part_id uuid, condition_code text, lot_number text, counted_at timestamptz,
    variance_quantity numeric
)
    language sql stable
    set search_path = pg_catalog
as $$
    select variances.count_number, variances.garage_code, variances.part_id, variances.condition_code,
        variances.lot_number, variances.counted_at, variances.variance_quantity
    from garage_inventory.count_variances_of(disputed_counts.part_ids, 'infinity') as variances
    where variances.needs_recount and not exists (
        select from garage_inventory.count_events as reviews
        where reviews.event_type_code = 'REVIEWED' and reviews.event_at >= variances.counted_at
            and (reviews.garage_code, reviews.part_id) = (variances.garage_code, variances.part_id)
    )
$$;
comment on function quality_hold.disputed_counts is 'Counts of these parts, or of all without any, that were too far off, and neither counted again nor reviewed since.';

-- Units that are missing cannot be held; those that are too many may be another part, or somebody else's.
create or replace function quality_hold.count_causes(swept_at timestamptz) returns quality_hold.cause[]
    language sql stable
    set search_path = pg_catalog
as $$
    select array_agg((numbers.hold_number, 'COUNT_DISPUTE', 'COUNT_DISPUTE', rules.severity_code, variances.garage_code,
        variances.part_id, variances.condition_code, variances.lot_number, null,
        case when rules.holds_whole_cell then null else variances.variance_quantity end, rules.holds_whole_cell, null,
        variances.count_number, 'count ' || variances.count_number || ' is off by ' || variances.variance_quantity,
        variances.counted_at)::quality_hold.cause)
    from quality_hold.disputed_counts(null) as variances
    cross join lateral quality_hold.automatic_rule('COUNT_DISPUTE', variances.garage_code, variances.part_id, null,
        count_causes.swept_at) as rules
    cross join lateral (
        select quality_hold.automatic_number('COUNT_DISPUTE', variances.garage_code, variances.count_number,
            variances.part_id::text, variances.condition_code, variances.lot_number) as hold_number
    ) as numbers
    where rules.is_on and (rules.holds_whole_cell or variances.variance_quantity > 0)
        and variances.counted_at <= count_causes.swept_at
        and not exists (select from quality_hold.rules where rules.hold_number = numbers.hold_number)
$$;

create or replace function quality_hold.settled_causes(swept_at timestamptz) returns table (
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
    select opened.hold_number, greatest(newest.counted_at, newest.reviewed_at, opened.event_at), 'the count is settled'
    from opened
    cross join lateral (
        select (
            select max(counts.event_at)
            from garage_inventory.counts
            where (counts.garage_code, counts.part_id, counts.condition_code, coalesce(counts.lot_number, ''))
                = (opened.garage_code, opened.part_id, opened.condition_code, coalesce(opened.lot_number, ''))
        ) as counted_at, (
            select max(reviews.event_at)
            from garage_inventory.count_events as reviews
            where reviews.event_type_code = 'REVIEWED'
                and (reviews.garage_code, reviews.part_id) = (opened.garage_code, opened.part_id)
        ) as reviewed_at
    ) as newest
    where opened.automatic_code = 'COUNT_DISPUTE' and not exists (
        select from quality_hold.disputed_counts(array(
            select counted.part_id from opened as counted where counted.automatic_code = 'COUNT_DISPUTE'
        )) as variances
        where (variances.garage_code, variances.part_id, variances.condition_code, variances.lot_number,
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

create or replace function quality_hold.sweep(swept_at timestamptz) returns setof quality_hold.events
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
    if quality_hold.may_hold('COUNT_DISPUTE', sweep.swept_at) then
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

create or replace function quality_hold.first_deliveries(keys bytea[], recorded_at timestamptz) returns quality_hold.act[]
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    causes quality_hold.cause[];
    acts quality_hold.act[];
begin
    if not exists (
        select from quality_hold.automatic_rules where automatic_rules.automatic_code = 'FIRST_DELIVERY' and is_on
    ) and not exists (select from catalogue.suppliers where suppliers.is_inspected) then
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
    where receipts.idempotency_key = any (first_deliveries.keys) and rules.is_on
        -- What nobody stated holds for suppliers that the catalogue says are inspected.
        and (rules.recorded_at > '-infinity' or exists (
            select from catalogue.suppliers_at(receipts.event_at) as suppliers
            where suppliers.supplier_code = receipts.supplier_code and suppliers.is_inspected
        ))
        and not exists (
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

-- Counts come as files, whose run sweeps: no look at the clock looks through all of them.
create or replace function quality_hold.is_sweep_due(at timestamptz) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select quality_hold.expiry_causes(is_sweep_due.at) is not null
        or quality_hold.feed_causes(is_sweep_due.at) is not null
        or exists (select from quality_hold.settled_causes(is_sweep_due.at))
$$;

revoke execute on function quality_hold.may_hold, quality_hold.disputed_counts, garage_inventory.count_variances_of
    from public;
grant execute on function quality_hold.may_hold, quality_hold.disputed_counts, garage_inventory.count_variances_of
    to partsbay_pipeline;
