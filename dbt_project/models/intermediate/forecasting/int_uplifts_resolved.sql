{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'protection_days'], 'unique': true}]) }}

with

uplifts as (
    select * from {{ ref('stg_replenishment__demand_uplifts') }}
),

series as (
    select garage_code, part_id from {{ ref('int_demand_series') }}
),

parts as (
    select part_id, category_code from {{ ref('int_parts_current') }}
),

planned as (
    select part_id, planned_part_id from {{ ref('int_parts_planned') }}
),

intervals as (
    select part_id, protection_days from {{ ref('int_protection_intervals') }}
),

-- What is left of each. Demand of a replaced part is that of the part to order.
coming as (
    select
        uplifts.garage_code,
        coalesce(planned.planned_part_id, uplifts.part_id) as part_id,
        uplifts.category_code,
        uplifts.factor_pct,
        greatest(uplifts.from_on, {{ as_of_on() }}) as from_on,
        uplifts.to_on
    from uplifts
    -- A part that became a kit has one row per part of the kit.
    left join planned using (part_id)
    -- One that ends before it begins was taken back.
    where uplifts.to_on >= greatest(uplifts.from_on, {{ as_of_on() }})
),

selected as (
    select
        series.garage_code,
        series.part_id,
        coming.factor_pct,
        coming.from_on,
        coming.to_on
    from series
    inner join parts using (part_id)
    -- Uplifts are few; what is empty in one selects any.
    inner join coming
        on (coming.garage_code is null or coming.garage_code = series.garage_code)
            and (coming.part_id is null or coming.part_id = series.part_id)
            and (coming.category_code is null or coming.category_code = parts.category_code)
),

-- The share of each interval that is covered. Several uplifts of one part add up; there is no demand below none.
final as (
    select
        selected.garage_code,
        selected.part_id,
        intervals.protection_days,
        round(greatest(1 + sum(
            selected.factor_pct / 100 * (
                least(selected.to_on, {{ as_of_on() }} + intervals.protection_days - 1) - selected.from_on + 1
            ) / intervals.protection_days
        ), 0), 9) as uplift_factor
    from selected
    -- One row per interval that an offer of the part protects.
    inner join intervals
        on intervals.part_id = selected.part_id
            and selected.from_on < {{ as_of_on() }} + intervals.protection_days
    group by selected.garage_code, selected.part_id, intervals.protection_days
)

select * from final
