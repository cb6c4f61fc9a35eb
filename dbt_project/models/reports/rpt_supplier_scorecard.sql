{{ config(indexes=[{'columns': ['supplier_code'], 'unique': true}]) }}
{%- set window_start = as_of() ~ " - " ~ (var('demand_window_days') | int) ~ " * interval '1 day'" %}

with

suppliers as (
    select * from {{ ref('dim_suppliers') }}
),

orders as (
    select * from {{ ref('fct_purchase_orders') }} where sent_at is not null and status_code <> 'CANCELLED'
),

lead_times as (
    select * from {{ ref('fct_lead_times') }}
),

-- A deposit comes back: it is no price.
offers as (
    select * from {{ ref('fct_supplier_offers') }} where price_type_code <> 'CORE' and unit_price_amount > 0
),

feeds as (
    select * from {{ ref('fct_feed_deliveries') }} where due_at >= {{ window_start }}
),

batches as (
    select * from {{ ref('fct_feed_batches') }} where received_at >= {{ window_start }} and state_code <> 'LANDED'
),

observed as (
    select
        supplier_code,
        observed_days,
        row_number() over (
            partition by supplier_code order by last_received_at desc, document_number, document_line
        ) as recency_rank
    from orders
    where observed_days is not null
),

-- From sent to the last unit, of the last lines that came whole (F18).
kept as (
    select
        supplier_code,
        count(*) as observation_count,
        percentile_cont(0.5) within group (order by observed_days) as observed_lead_time_days,
        stddev_samp(observed_days) as observed_lead_time_sd_days
    from observed
    where recency_rank <= {{ var('lead_time_observations') | int }}
    group by supplier_code
),

promised as (
    select
        supplier_code,
        sum(promised_quantity) as promised_quantity,
        sum(on_time_quantity) as on_time_quantity
    from lead_times
    group by supplier_code
),

delivered as (
    select
        supplier_code,
        {{ utc_day('min(sent_at)') }} as first_sent_on,
        sum(ordered_quantity) filter (where promised_on < {{ as_of_on() }}) as ordered_quantity,
        sum(least(received_quantity, ordered_quantity)) filter (where promised_on < {{ as_of_on() }})
            as received_quantity,
        count(*) filter (where late_days > 0)::integer as late_line_count,
        count(*) filter (where promise_moved_count > 0) as moved_line_count
    from orders
    group by supplier_code
),

-- What the same offer asked a year ago: the last that had been stated by then, else the first since.
earlier as (
    select distinct on (supplier_code, brand_code, part_number, price_type_code, break_quantity) *
    from offers
    where not is_current
    order by
        supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at > {{ window_start }},
        case when stated_at <= {{ window_start }} then stated_at end desc, stated_at
),

compared as (
    select
        offers.supplier_code,
        greatest(coalesce(earlier.stated_at, offers.stated_at), {{ window_start }}) as compared_at,
        offers.unit_price_amount / coalesce(earlier.unit_price_amount, offers.unit_price_amount) - 1 as change_value
    from offers
    -- At most one row per offer on the right side. What was stated before the year began has not changed since.
    left join earlier
        on earlier.supplier_code = offers.supplier_code
            and earlier.brand_code = offers.brand_code
            and earlier.part_number = offers.part_number
            and earlier.price_type_code = offers.price_type_code
            and earlier.break_quantity = offers.break_quantity
            and earlier.stated_at < offers.stated_at
            and offers.stated_at > {{ window_start }}
    where offers.is_current
        and (earlier.stated_at is not null or offers.stated_at <= {{ window_start }})
        -- Prices of other units or money, or of packs of another size, say nothing about each other.
        and coalesce(
            (earlier.currency_code, earlier.price_uom_code, earlier.pack_quantity)
                = (offers.currency_code, offers.price_uom_code, offers.pack_quantity),
            true
        )
),

priced as (
    select
        supplier_code,
        count(*)::integer as price_count,
        count(*) filter (where change_value > 0)::integer as price_risen_count,
        count(*) filter (where change_value < 0)::integer as price_fallen_count,
        100 * avg(change_value) as price_drift_pct,
        {{ utc_day('min(compared_at)') }} as price_from_on
    from compared
    group by supplier_code
),

judged as (
    select
        supplier_code,
        count(*)::integer as batch_count,
        count(*) filter (where state_code = 'REJECTED')::integer as rejected_batch_count,
        sum(row_count)::bigint as row_count,
        sum(quarantined_row_count)::bigint as quarantined_row_count
    from batches
    group by supplier_code
),

punctual as (
    select
        supplier_code,
        count(*)::integer as due_feed_count,
        count(*) filter (where is_on_time)::integer as on_time_feed_count
    from feeds
    group by supplier_code
),

final as (
    select
        supplier_code,
        suppliers.supplier_name,
        suppliers.lead_time_days as quoted_lead_time_days,
        round(kept.observed_lead_time_days::numeric, 1) as observed_lead_time_days,
        round(kept.observed_lead_time_sd_days, 1) as observed_lead_time_sd_days,
        coalesce(kept.observation_count, 0) as observation_count,
        promised.promised_quantity,
        promised.on_time_quantity,
        round(100 * promised.on_time_quantity / nullif(promised.promised_quantity, 0), 1) as on_time_pct,
        delivered.moved_line_count,
        delivered.ordered_quantity,
        delivered.received_quantity,
        round(100 * delivered.received_quantity / nullif(delivered.ordered_quantity, 0), 1) as received_pct,
        coalesce(delivered.late_line_count, 0) as late_line_count,
        delivered.first_sent_on,
        coalesce(priced.price_count, 0) as price_count,
        priced.price_risen_count,
        priced.price_fallen_count,
        round(priced.price_drift_pct, 1) as price_drift_pct,
        priced.price_from_on,
        coalesce(judged.batch_count, 0) as batch_count,
        judged.rejected_batch_count,
        judged.row_count,
        judged.quarantined_row_count,
        round(100.0 * judged.quarantined_row_count / nullif(judged.row_count, 0), 2) as quarantined_pct,
        punctual.due_feed_count,
        punctual.on_time_feed_count,
        round(100.0 * punctual.on_time_feed_count / punctual.due_feed_count, 1) as punctual_pct,
        {{ as_of_on() }} - {{ var('demand_window_days') | int }} as from_on,
        {{ as_of_on() }} as to_on
    from suppliers
    -- At most one row per supplier on every right side.
    left join kept using (supplier_code)
    left join promised using (supplier_code)
    left join delivered using (supplier_code)
    left join priced using (supplier_code)
    left join judged using (supplier_code)
    left join punctual using (supplier_code)
    where suppliers.is_active or delivered.supplier_code is not null or judged.supplier_code is not null
)

select * from final
