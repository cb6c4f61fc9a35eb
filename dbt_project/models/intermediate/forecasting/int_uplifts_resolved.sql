{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

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

-- The share of the coming days that each uplift covers. Demand of a replaced part is that of the part to order.
coming as (
    select
        uplifts.garage_code,
        coalesce(planned.planned_part_id, uplifts.part_id) as part_id,
        uplifts.category_code,
        uplifts.factor_pct,
        (
            least(to_on, {{ as_of_on() }} + {{ var('forecast_horizon_days') | int - 1 }})
                - greatest(from_on, {{ as_of_on() }}) + 1
        )::numeric / {{ var('forecast_horizon_days') | int }} as share_value
    from uplifts
    -- A part that became a kit has one row per part of the kit.
    left join planned using (part_id)
    -- One that ends before it begins was taken back.
    where to_on >= greatest(from_on, {{ as_of_on() }})
        and from_on < {{ as_of_on() }} + {{ var('forecast_horizon_days') | int }}
),

final as (
    select
        series.garage_code,
        series.part_id,
        -- Several of one part add up; there is no demand below none.
        round(greatest(1 + sum(coming.factor_pct / 100 * coming.share_value), 0), 6) as uplift_factor
    from series
    inner join parts using (part_id)
    -- Uplifts are few; what is empty in one selects any.
    inner join coming
        on (coming.garage_code is null or coming.garage_code = series.garage_code)
            and (coming.part_id is null or coming.part_id = series.part_id)
            and (coming.category_code is null or coming.category_code = parts.category_code)
    group by series.garage_code, series.part_id
)

select * from final
