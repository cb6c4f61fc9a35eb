-- Stock of a part that its life cycle does not let be sold is promised to nobody: it is held by itself, so that no
-- reservation has to ask what the catalogue says.

alter table quality_hold.automatic_rules
    drop constraint automatic_rules_automatic_code_check,
    add constraint automatic_rules_automatic_code_check check (automatic_code in (
        'EXPIRED', 'EXPIRY_NEAR', 'COUNT_DISPUTE', 'FIRST_DELIVERY', 'FEED_QUALITY', 'LIFE_CYCLE'
    ));

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
        ('FEED_QUALITY', false, 'MEDIUM'),
        ('LIFE_CYCLE', true, 'LOW')
) as defaults (automatic_code, is_on, severity_code);
comment on view quality_hold.automatic_rules_in_use is 'One row per statement on automatic holds, and the defaults: expired lots are held, what a count found too much, first deliveries of suppliers that the catalogue says are inspected, and what its life cycle does not let be sold.';

create or replace view quality_hold.reason_limits_in_use as
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
        ('CORE_INSPECTION', 14),
        ('LIFE_CYCLE', 90)
) as defaults (hold_reason_code, due_days);

create index parts_not_sold on catalogue.parts (part_id) where lifecycle_code not in ('2', '7', '8', 'A');

create function quality_hold.life_cycle_causes(swept_at timestamptz) returns quality_hold.cause[]
    language sql stable
    set search_path = pg_catalog
as $$
    with there as materialized (
        select distinct cells.garage_code, cells.part_id
        from (
            select distinct parts.part_id from catalogue.parts where parts.lifecycle_code not in ('2', '7', '8', 'A')
        ) as said
        inner join garage_inventory.cells using (part_id)
        where cells.on_hand_quantity > 0 and garage_inventory.is_sellable(cells.condition_code)
    ),

    versions as (
        select distinct on (parts.part_id, parts.valid_from_at) parts.part_id, parts.valid_from_at, parts.recorded_at,
            parts.lifecycle_code, parts.is_retired, cycles.lifecycle_name, cycles.is_sold_from_stock
        from (select distinct there.part_id from there) as named
        inner join catalogue.parts using (part_id)
        inner join catalogue.life_cycles as cycles using (lifecycle_code)
        where parts.valid_from_at <= life_cycle_causes.swept_at
        order by parts.part_id, parts.valid_from_at, parts.revision_number desc
    ),

    -- A version that repeats a life cycle states nothing new: the hold is of the moment since which the part is not sold.
    since as (
        select versions.*, max(versions.valid_from_at) filter (where versions.is_sold_from_stock)
                over (partition by versions.part_id) as sold_until_at,
            last_value(versions.is_sold_from_stock or versions.is_retired) over (
                partition by versions.part_id order by versions.valid_from_at
                rows between unbounded preceding and unbounded following
            ) as is_sold_now
        from versions
    ),

    withdrawn as (
        select distinct on (since.part_id) since.*
        from since
        where not since.is_sold_now and since.valid_from_at > coalesce(since.sold_until_at, '-infinity')
        order by since.part_id, since.valid_from_at
    )

    select array_agg((numbers.hold_number, 'LIFE_CYCLE', 'LIFE_CYCLE', rules.severity_code, there.garage_code,
        there.part_id, null, null, null, null, true, null, withdrawn.lifecycle_code,
        'life cycle ' || withdrawn.lifecycle_code || ', ' || withdrawn.lifecycle_name || ': not sold from stock',
        -- Nothing that was sold before we knew is undone.
        least(greatest(withdrawn.valid_from_at, withdrawn.recorded_at), life_cycle_causes.swept_at)
    )::quality_hold.cause)
    from there
    inner join withdrawn using (part_id)
    cross join lateral quality_hold.automatic_rule('LIFE_CYCLE', there.garage_code, there.part_id, null,
        life_cycle_causes.swept_at) as rules
    cross join lateral (
        select quality_hold.automatic_number('LIFE_CYCLE', there.garage_code, withdrawn.lifecycle_code,
            there.part_id::text, extract(epoch from withdrawn.valid_from_at)::text) as hold_number
    ) as numbers
    where rules.is_on and not exists (select from quality_hold.rules where rules.hold_number = numbers.hold_number)
        -- A version that came late may move the moment, and the stock is held already.
        and not exists (
            select from quality_hold.rules as opened
            where opened.automatic_code = 'LIFE_CYCLE' and opened.event_type_code = 'OPENED'
                and (opened.garage_code, opened.part_id) = (there.garage_code, there.part_id)
                and not exists (
                    select from quality_hold.rules as closed
                    where closed.hold_number = opened.hold_number and closed.event_type_code = 'CLOSED'
                )
        )
$$;
comment on function quality_hold.life_cycle_causes is 'Stock of parts that their life cycle does not let be sold, and that nothing holds for that yet. Cost: those parts, of which there are few.';

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
    select opened.hold_number, greatest(version.valid_from_at, opened.event_at), 'the part is sold from stock'
    from opened
    inner join catalogue.parts_at(settled_causes.swept_at) as version using (part_id)
    inner join catalogue.life_cycles as cycles using (lifecycle_code)
    where opened.automatic_code = 'LIFE_CYCLE' and cycles.is_sold_from_stock
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
        || coalesce(quality_hold.feed_causes(sweep.swept_at), '{}')
        || coalesce(quality_hold.life_cycle_causes(sweep.swept_at), '{}');
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

create or replace function quality_hold.is_sweep_due(at timestamptz) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select quality_hold.expiry_causes(is_sweep_due.at) is not null
        or quality_hold.feed_causes(is_sweep_due.at) is not null
        or quality_hold.life_cycle_causes(is_sweep_due.at) is not null
        or exists (select from quality_hold.settled_causes(is_sweep_due.at))
$$;

revoke execute on function quality_hold.life_cycle_causes from public;
grant execute on function quality_hold.life_cycle_causes to partsbay_pipeline;
