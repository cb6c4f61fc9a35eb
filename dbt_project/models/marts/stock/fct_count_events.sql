{{ config(indexes=[
    {'columns': ['count_number', 'garage_code', 'part_id', 'step_number'], 'unique': true},
    {'columns': ['garage_code', 'part_id']}
]) }}

with

acts as (
    select * from {{ ref('stg_garage_inventory__count_events') }}
),

lines as (
    select * from {{ ref('stg_garage_inventory__counts') }}
),

stock_counts as (
    select * from {{ ref('fct_stock_counts') }}
),

requests as (
    select
        count_number,
        garage_code,
        part_id,
        min(event_at) as requested_at,
        max(event_at) filter (where event_type_code in ('COMPLETED', 'CANCELED')) as ended_at
    from acts
    group by count_number, garage_code, part_id
),

-- Of a cell, the bins together are what was counted.
counted as (
    select
        count_number as counted_number,
        garage_code,
        part_id,
        condition_code,
        coalesce(lot_number, '') as lot_number,
        sum(counted_quantity) as counted_quantity,
        max(event_at) as counted_at,
        max(actor) as actor
    from lines
    group by count_number, garage_code, part_id, condition_code, coalesce(lot_number, '')
),

-- The first count of a cell says nothing of the books.
variances as (
    select
        garage_code,
        part_id,
        condition_code,
        lot_number,
        counted_at,
        coalesce(sum(variance_quantity) filter (where not is_opening), 0) as variance_quantity
    from stock_counts
    group by garage_code, part_id, condition_code, lot_number, counted_at
),

-- A count answers the request whose number it bears, else the one that was open.
answers as (
    select distinct on (
        counted.counted_number, counted.garage_code, counted.part_id, counted.condition_code, counted.lot_number
    )
        requests.count_number,
        counted.*
    from counted
    inner join requests using (garage_code, part_id)
    where counted.counted_number = requests.count_number
        or starts_with(counted.counted_number, requests.count_number || '/')
        or counted.counted_at between requests.requested_at and coalesce(requests.ended_at, 'infinity')
    order by
        counted.counted_number,
        counted.garage_code,
        counted.part_id,
        counted.condition_code,
        counted.lot_number,
        starts_with(counted.counted_number || '/', requests.count_number || '/') desc,
        requests.requested_at desc
),

rounds as (
    select
        answers.count_number,
        answers.garage_code,
        answers.part_id,
        answers.counted_number,
        max(answers.counted_at) as event_at,
        sum(answers.counted_quantity) as counted_quantity,
        sum(variances.variance_quantity) as variance_quantity,
        string_agg(distinct answers.actor, ', ') as actor
    from answers
    -- At most one row per cell and moment.
    left join variances using (garage_code, part_id, condition_code, lot_number, counted_at)
    group by answers.count_number, answers.garage_code, answers.part_id, answers.counted_number
),

steps as (
    select
        count_number,
        garage_code,
        part_id,
        sequence_number,
        event_type_code,
        null as counted_number,
        null::numeric as counted_quantity,
        variance_quantity,
        reason_code,
        reason,
        actor,
        event_at
    from acts
    union all
    select
        count_number,
        garage_code,
        part_id,
        null,
        'COUNTED',
        counted_number,
        counted_quantity,
        variance_quantity,
        null,
        null,
        actor,
        event_at
    from rounds
),

final as (
    select
        count_number,
        garage_code,
        part_id,
        row_number() over so_far as step_number,
        event_type_code,
        count(*) filter (where event_type_code = 'COUNTED') over so_far as round_count,
        counted_number,
        counted_quantity::numeric(14, 3) as counted_quantity,
        variance_quantity::numeric(14, 3) as variance_quantity,
        reason_code,
        reason,
        actor,
        event_at,
        {{ utc_day('event_at') }} as event_on,
        round(extract(epoch from event_at - min(event_at) over so_far) / 86400, 2)::numeric(12, 2) as open_days,
        {{ as_of() }} as as_of_at
    from steps
    window so_far as (
        partition by count_number, garage_code, part_id
        -- What was counted at the very moment of an act was there to act on.
        order by
            event_at,
            event_type_code not in ('REQUESTED', 'COUNTING'),
            event_type_code <> 'COUNTED',
            sequence_number,
            counted_number
        rows unbounded preceding
    )
)

select * from final
