{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'demand_on', 'reason_code'], 'unique': true}]) }}
{%- set factor = var('outlier_mad_factor') | int %}

with

demand as (
    select * from {{ ref('int_demand_daily') }}
),

usage_lines as (
    select * from {{ ref('stg_garage_inventory__usage_lines') }}
),

demanded as (
    select garage_code, part_id, demand_on, demand_quantity
    from demand
    where demand_quantity > 0
        and demand_on < {{ as_of_on() }}
        and demand_on >= {{ as_of_on() }} - interval '{{ var("class_window_months") | int }} months'
),

-- The cap is never below the least of the sizes times this, so most series need no median.
candidates as (
    select garage_code, part_id
    from demanded
    group by garage_code, part_id
    having count(*) >= {{ var('outlier_minimum_days') | int }}
        and max(demand_quantity) > min(demand_quantity) * (1 + {{ factor }} / 2.0)
),

medians as (
    select
        garage_code,
        part_id,
        round((percentile_cont(0.5) within group (order by demand_quantity))::numeric, 3) as median_quantity
    from demanded
    inner join candidates using (garage_code, part_id)
    group by garage_code, part_id
),

deviations as (
    select
        medians.garage_code,
        medians.part_id,
        medians.median_quantity,
        round((percentile_cont(0.5) within group (
            order by abs(demanded.demand_quantity - medians.median_quantity)
        ))::numeric, 3) as deviation_quantity
    from medians
    inner join demanded using (garage_code, part_id)
    group by medians.garage_code, medians.part_id, medians.median_quantity
),

-- Where more than half of the days are alike, the deviation is nothing: half of the median stands for it.
capped as (
    select
        *,
        round(median_quantity + {{ factor }} * greatest(deviation_quantity, median_quantity / 2), 3) as cap_quantity
    from deviations
),

one_offs as (
    select
        garage_code,
        part_id,
        {{ utc_day('event_at') }} as demand_on,
        sum(case when usage_type_code = 'RETURN_UNUSED' then -quantity else quantity end) as demand_quantity
    from usage_lines
    where is_one_off
        and usage_type_code <> 'WARRANTY'
    group by garage_code, part_id, {{ utc_day('event_at') }}
),

final as (
    select
        demanded.garage_code,
        demanded.part_id,
        demanded.demand_on,
        'OUTLIER' as reason_code,
        demanded.demand_quantity,
        capped.cap_quantity as counted_quantity,
        capped.median_quantity,
        capped.deviation_quantity
    from demanded
    -- One row per garage and part on the right side.
    inner join capped using (garage_code, part_id)
    where demanded.demand_quantity > capped.cap_quantity
    union all
    select garage_code, part_id, demand_on, 'ONE_OFF', demand_quantity, 0, null, null
    from one_offs
)

select * from final
