-- Only the newest count of a cell can be in dispute: who looks for disputes compares it alone, and with the count before
-- it in the order that counts have anyway.

create function garage_inventory.judged_counts(part_ids uuid[], known_at timestamptz, is_of_newest boolean) returns table (
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
        where counts.recorded_at <= judged_counts.known_at
            and (judged_counts.part_ids is null or counts.part_id = any(judged_counts.part_ids))
        group by counts.count_number, counts.garage_code, counts.part_id, counts.condition_code,
            coalesce(counts.lot_number, '')
    ),

    placed as (
        select counted.*, lag(counted.count_number) over cell as previous_count_number,
            lag(counted.counted_at) over cell as previous_counted_at,
            lag(counted.counted_quantity) over cell as previous_quantity,
            lead(counted.counted_at) over cell is not null as is_counted_again
        from counted
        window cell as (
            partition by counted.part_id, counted.garage_code, counted.condition_code, counted.lot_number
            order by counted.counted_at, counted.count_number
        )
    ),

    compared as (
        select placed.*, moved.movement_count, coalesce(placed.previous_quantity, 0) + moved.quantity as expected_quantity,
            placed.previous_count_number is null and moved.movement_count = 0 as is_opening,
            placed.counted_quantity - coalesce(placed.previous_quantity, 0) - moved.quantity as variance_quantity
        from placed
        cross join lateral (
            -- A movement at the very moment of a count was seen by it.
            select coalesce(sum(movements.quantity), 0) as quantity, count(*) as movement_count
            from garage_inventory.movements
            where (movements.garage_code, movements.part_id) = (placed.garage_code, placed.part_id)
                and movements.condition_code = placed.condition_code
                and coalesce(movements.lot_number, '') = placed.lot_number
                and movements.event_at > coalesce(placed.previous_counted_at, '-infinity')
                and movements.event_at <= placed.counted_at
                and movements.recorded_at <= judged_counts.known_at
        ) as moved
        where not (judged_counts.is_of_newest and placed.is_counted_again)
    ),

    priced as (
        select compared.*, garage_inventory.unit_cost_amount(compared.part_id, compared.counted_at) as unit_cost_amount,
            -- The snapshot of a garage's system is compared with what we expected then, not with what it counted.
            compared.system_quantity - compared.expected_quantity as system_difference_quantity
        from compared
        -- Of the newest, what agrees is in no dispute, whatever it costs.
        where not judged_counts.is_of_newest or (compared.variance_quantity <> 0 and not compared.is_opening)
    ),

    judged as (
        select priced.*, priced.variance_quantity * priced.unit_cost_amount as variance_amount,
            not priced.is_opening and (
                abs(priced.variance_quantity)
                    > greatest(rules.tolerance_quantity, rules.tolerance_pct / 100 * abs(priced.expected_quantity))
                or coalesce(abs(priced.variance_quantity) * priced.unit_cost_amount > rules.limit_amount, false)
            ) as is_beyond_tolerance
        from priced
        cross join lateral (
            select count_rules.*
            from garage_inventory.count_rules_in_use as count_rules
            where coalesce(count_rules.garage_code, priced.garage_code) = priced.garage_code
                and count_rules.valid_from_at <= priced.counted_at
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
comment on function garage_inventory.judged_counts is 'The counts of these parts, or of all without any, as garage_inventory.count_variances_at has them; or of each cell the newest alone, and only where it is off.';

create or replace function garage_inventory.count_variances_of(part_ids uuid[], known_at timestamptz) returns table (
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
    select judged.*
    from garage_inventory.judged_counts(count_variances_of.part_ids, count_variances_of.known_at, false) as judged
$$;

create or replace function quality_hold.disputed_counts(part_ids uuid[]) returns table (
    count_number text, garage_code text, part_id uuid, condition_code text, lot_number text, counted_at timestamptz,
    variance_quantity numeric
)
    language sql stable
    set search_path = pg_catalog
as $$
    select judged.count_number, judged.garage_code, judged.part_id, judged.condition_code, judged.lot_number,
        judged.counted_at, judged.variance_quantity
    from garage_inventory.judged_counts(disputed_counts.part_ids, 'infinity', true) as judged
    where judged.needs_recount and not exists (
        select from garage_inventory.count_events as reviews
        where reviews.event_type_code = 'REVIEWED' and reviews.event_at >= judged.counted_at
            and (reviews.garage_code, reviews.part_id) = (judged.garage_code, judged.part_id)
    )
$$;

revoke execute on function garage_inventory.judged_counts from public;
grant execute on function garage_inventory.judged_counts to partsbay_pipeline;
