-- What is under way asks for the variances of its own parts, and not of every count that was ever made.

create or replace view garage_inventory.count_tasks as
with acts as (
    select events.count_number, events.garage_code, events.part_id,
        min(events.event_at) as requested_at,
        (array_agg(events.actor order by events.sequence_number))[1] as requested_by,
        (array_agg(events.reason_code order by events.sequence_number))[1] as reason_code,
        max(events.sequence_number) as sequence_number,
        (array_agg(events.event_type_code order by events.sequence_number desc))[1] as act_code,
        (array_agg(events.event_at order by events.sequence_number desc))[1] as acted_at,
        (array_agg(events.actor order by events.sequence_number desc))[1] as acted_by,
        (array_agg(events.reason order by events.sequence_number desc))[1] as reason,
        (array_agg(events.variance_quantity order by events.sequence_number desc))[1] as reviewed_quantity,
        max(events.event_at) filter (where events.event_type_code = 'INVESTIGATING') as asked_again_at
    from garage_inventory.count_events as events
    group by events.count_number, events.garage_code, events.part_id
),

open_acts as materialized (
    select * from acts where act_code not in ('COMPLETED', 'CANCELED')
),

answers as (
    select open_acts.count_number, variances.garage_code, variances.part_id, variances.condition_code,
        variances.lot_number, count(*) as round_count, max(variances.counted_at) as counted_at,
        bool_or(variances.needs_recount) as is_disputed, bool_or(variances.is_beyond_tolerance) as was_beyond,
        coalesce(sum(variances.variance_quantity) filter (where not variances.is_opening), 0) as variance_quantity,
        sum(variances.variance_amount) filter (where not variances.is_opening) as variance_amount
    from open_acts
    inner join garage_inventory.count_variances_of(
        array(select distinct counted.part_id from open_acts as counted), 'infinity'
    ) as variances using (garage_code, part_id)
    where garage_inventory.answers(
        open_acts.count_number, open_acts.requested_at, variances.count_number, variances.counted_at
    )
    group by open_acts.count_number, variances.garage_code, variances.part_id, variances.condition_code,
        variances.lot_number
),

answered as (
    select count_number, garage_code, part_id, max(round_count) as round_count, max(counted_at) as counted_at,
        bool_or(is_disputed) as is_disputed, bool_or(was_beyond) as was_beyond,
        -- Each round is compared with the one before, so together they are what the ledger was off by.
        sum(variance_quantity) as variance_quantity, sum(variance_amount) as variance_amount
    from answers
    group by count_number, garage_code, part_id
),

-- A place that nobody counted and where nothing moved since: the part is not counted yet.
passed_over as (
    select distinct answered.count_number, answered.garage_code, answered.part_id
    from answered
    inner join garage_inventory.cells using (garage_code, part_id)
    where cells.on_hand_quantity <> 0 and cells.condition_code <> 'IN_TRANSIT'
        and coalesce(cells.moved_at, '-infinity') <= answered.counted_at
        and not exists (
            select from answers
            where (answers.count_number, answers.garage_code, answers.part_id, answers.condition_code, answers.lot_number)
                = (answered.count_number, cells.garage_code, cells.part_id, cells.condition_code, cells.lot_number)
        )
)

select acts.count_number, acts.garage_code, acts.part_id, acts.requested_at, acts.requested_by, acts.reason_code,
    case
        when acts.act_code in ('COMPLETED', 'CANCELED') then acts.act_code
        when answered.count_number is null then acts.act_code
        when answered.counted_at <= acts.asked_again_at then 'INVESTIGATING'
        when acts.act_code = 'REVIEWED' and answered.counted_at <= acts.acted_at
            and answered.variance_quantity = acts.reviewed_quantity then 'REVIEWED'
        when passed_over.count_number is not null then 'COUNTING'
        when answered.is_disputed and answered.round_count < 3 then 'INVESTIGATING'
        when answered.was_beyond or acts.asked_again_at is not null or acts.act_code = 'REVIEWED' then 'READY_TO_REVIEW'
        else 'COUNTED'
    end as state_code,
    coalesce(answered.round_count, 0) as round_count, answered.counted_at, answered.variance_quantity,
    answered.variance_amount, acts.sequence_number, acts.act_code, acts.acted_at, acts.acted_by, acts.reason
from acts
left join answered using (count_number, garage_code, part_id)
left join passed_over using (count_number, garage_code, part_id);
