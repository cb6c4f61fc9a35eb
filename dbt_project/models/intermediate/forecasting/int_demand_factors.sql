{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'protection_days'], 'unique': true}]) }}

with

means as (
    select garage_code, part_id, method_code, season_values from {{ ref('int_demand_means') }}
),

parts as (
    select part_id, category_code from {{ ref('int_parts_current') }}
),

intervals as (
    select * from {{ ref('int_protection_intervals') }}
),

coming as (
    select * from {{ ref('int_months_coming') }}
),

seasons as (
    select * from {{ ref('int_season_factors') }}
),

uplifts as (
    select * from {{ ref('int_uplifts_resolved') }}
),

seasonal as (
    select
        means.garage_code,
        means.part_id,
        intervals.protection_days,
        round(sum(means.season_values[coming.month_number] * coming.share_value), 9) as season_factor
    from means
    inner join intervals using (part_id)
    inner join coming using (protection_days)
    where cardinality(means.season_values) = 12
    group by means.garage_code, means.part_id, intervals.protection_days
    union all
    -- What looks back a year or more knows nothing of the season; what fades faster follows it.
    select
        means.garage_code,
        means.part_id,
        seasons.protection_days,
        seasons.season_factor
    from means
    -- One row per part, and per category and interval, on the right sides.
    inner join parts using (part_id)
    inner join intervals using (part_id)
    inner join seasons using (category_code, protection_days)
    where cardinality(means.season_values) <> 12
        and means.method_code in ('MOVING_AVERAGE', 'CLEAN_MEAN', 'MEAN', 'CROSTON_SBA', 'ADIDA', 'IMAPA')
),

factors as (
    select
        garage_code,
        part_id,
        protection_days,
        coalesce(seasonal.season_factor, 1) as season_factor,
        coalesce(uplifts.uplift_factor, 1) as uplift_factor
    from seasonal
    full join uplifts using (garage_code, part_id, protection_days)
),

final as (
    select
        factors.garage_code,
        factors.part_id,
        factors.protection_days,
        intervals.is_shortest,
        factors.season_factor,
        factors.uplift_factor
    from factors
    -- One row per part and interval on the right side.
    inner join intervals using (part_id, protection_days)
)

select * from final
