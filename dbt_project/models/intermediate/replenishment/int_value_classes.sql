{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

windows as (
    select * from {{ ref('int_demand_windows') }}
),

series as (
    select garage_code, part_id, demand_class_code, cv_value from {{ ref('int_demand_series') }}
),

parts as (
    select part_id, currency_code, unit_cost_amount from {{ ref('int_parts_current') }}
),

-- What may be ordered first, then whatever has a price; of the price type asked for first, the least.
prices as (
    select distinct on (part_id)
        part_id,
        unit_price_amount,
        currency_code
    from {{ ref('int_offers_judged') }}
    where unit_price_amount is not null
    order by part_id, refusal_code is not null, preference_rank, break_quantity, unit_price_amount, supplier_code
),

valued as (
    select
        windows.garage_code,
        windows.part_id,
        case when parts.unit_cost_amount is null then prices.currency_code else parts.currency_code end
            as currency_code,
        round(
            greatest(windows.demand_quantity, 0) * coalesce(parts.unit_cost_amount, prices.unit_price_amount, 0), 4
        ) as usage_amount
    from windows
    -- One row per part, and at most one, on the right sides.
    inner join parts using (part_id)
    left join prices using (part_id)
),

networked as (
    select part_id, currency_code, sum(usage_amount) as usage_amount
    from valued
    group by part_id, currency_code
),

-- The share that the parts of more value have already: the part that fills it still belongs to them.
network_shares as (
    select
        part_id,
        {{ value_class('part_id', 'currency_code') }} as network_abc_code
    from networked
),

garage_shares as (
    select
        garage_code,
        part_id,
        usage_amount,
        {{ value_class('part_id', 'garage_code, currency_code') }} as abc_code
    from valued
),

final as (
    select
        garage_shares.garage_code,
        garage_shares.part_id,
        garage_shares.usage_amount,
        garage_shares.abc_code,
        network_shares.network_abc_code,
        series.cv_value,
        case
            when series.demand_class_code in ('NONE', 'NEW') or series.cv_value is null then 'Z'
            when series.cv_value < {{ var('x_below_cv') }} then 'X'
            when series.cv_value < {{ var('y_below_cv') }} then 'Y'
            else 'Z'
        end as xyz_code
    from garage_shares
    -- One row per part, and per garage and part, on the right sides.
    inner join network_shares using (part_id)
    inner join series using (garage_code, part_id)
)

select * from final
